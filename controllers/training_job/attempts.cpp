#include "training_job/attempts.h"

#include <algorithm>

#include "json/value.h"
#include "shared/reasons.h"

namespace millrace::training_job {
namespace {

namespace reason = shared::reason;
using shared::Blame;
using shared::Cause;

constexpr auto kLag = std::chrono::seconds(30);    // pods' cache may be behind the Job's
constexpr auto kStuck = std::chrono::seconds(60);  // followers of a container that never started wait for ever

const kube::ContainerStatus* container(const kube::Pod& pod, std::string_view name) {
  for (const auto* list : {&pod.status.init_containers, &pod.status.containers}) {
    for (const kube::ContainerStatus& c : *list) {
      if (c.name == name) return &c;
    }
  }
  return nullptr;
}

std::optional<core::Instant> started_at(const kube::Pod& pod, std::string_view name) {
  const kube::ContainerStatus* c = container(pod, name);
  if (c == nullptr) return std::nullopt;
  if (c->state.running) return c->state.running->started_at;
  if (c->state.terminated) return c->state.terminated->started_at;
  return std::nullopt;
}

bool has_started(const kube::Pod& pod) {
  for (const auto* list : {&pod.status.init_containers, &pod.status.containers}) {
    for (const kube::ContainerStatus& c : *list) {
      if (c.state.running || c.state.terminated) return true;
    }
  }
  return false;
}

json::StringMap read_sources(const kube::Pod& pod) {
  json::StringMap out;
  const kube::ContainerStatus* c = container(pod, "fetch");
  if (c == nullptr || !c->state.terminated) return out;
  const auto message = json::parse(c->state.terminated->message);
  const json::Value* sources = message ? message->at({"sources"}) : nullptr;
  if (sources == nullptr || sources->array() == nullptr) return out;
  for (const json::Value& one : *sources->array()) out[one.text_at({"name"})] = one.text_at({"sha256"});
  return out;
}

json::StringMap texts_of(const json::Value* object) {
  json::StringMap out;
  if (object == nullptr || object->object() == nullptr) return out;
  for (const auto& [name, value] : object->object()->members()) {
    if (value.text()) out[name] = *value.text();
  }
  return out;
}

const kube::ContainerTerminated* end_of_publish(const kube::Pod& pod) {
  const kube::ContainerStatus* c = container(pod, "publish");
  return c != nullptr && c->state.terminated && c->state.terminated->exit_code == 0 ? &*c->state.terminated : nullptr;
}

std::optional<Published> read_published(const kube::Pod& pod) {
  const kube::ContainerTerminated* end = end_of_publish(pod);
  auto out = end ? parse_published(end->message) : std::nullopt;
  if (!out) return std::nullopt;
  out->read = read_sources(pod);
  out->images = images_of(pod);
  return out;
}

Judgement failed(Cause cause, std::string pod = {}, bool final = false) {
  return {.state = Judgement::State::Failed, .cause = std::move(cause), .final = final, .pod = std::move(pod)};
}

Judgement succeeded(const shared::Pods& pods, core::Instant since, core::Instant now) {
  for (const auto& pod : pods) {
    if (auto published = read_published(*pod))
      return {.state = Judgement::State::Succeeded,
              .train_at = started_at(*pod, "train"),
              .published = std::move(published),
              .pod = pod->meta.name};
  }
  const bool garbled = std::any_of(pods.begin(), pods.end(), [](const auto& pod) { return end_of_publish(*pod) != nullptr; });
  if (!garbled && now < since + kLag) return {.started = true, .wake = since + kLag};
  return {.state = Judgement::State::Lost,
          .cause = Cause{.reason = std::string(reason::kResultLost),
                         .message = garbled ? "publish told something that does not parse"
                                            : "the Job is complete, but no pod is left that tells what it published",
                         .over = true}};
}

Cause cause_of_condition(const kube::Condition& c) {
  Cause out{.blame = Blame::Version, .reason = std::string(reason::kFailed), .message = c.message, .over = true};
  if (c.message.find("DisruptionTarget") != std::string::npos) {
    out.blame = Blame::Disruption;
    out.reason = reason::kDisrupted;
  }
  return out;
}

Judgement failed_job(const kube::Condition& condition, const shared::Pods& pods, core::Instant now) {
  std::optional<Cause> worst;
  std::string name;
  json::StringMap images;
  std::optional<core::Instant> train_at;
  for (const auto& pod : pods) {
    const auto cause = shared::blame(*pod, now);
    if (!cause || !cause->over || (worst && cause->blame != Blame::Disruption)) continue;
    worst = cause;
    name = pod->meta.name;
    images = images_of(*pod);
    train_at = started_at(*pod, "train");
  }
  if (worst) {
    Judgement out = failed(std::move(*worst), name);
    out.images = std::move(images);
    out.train_at = train_at;
    return out;
  }
  if (!pods.empty() && now < condition.last_transition + kLag) return {.started = true, .wake = condition.last_transition + kLag};
  return failed(cause_of_condition(condition));
}

std::optional<core::Instant> failed_at(const kube::Pod& pod) {
  for (const kube::ContainerStatus& c : pod.status.containers) {
    if (c.state.terminated && c.state.terminated->exit_code != 0) return c.state.terminated->finished_at.value_or(pod.meta.created);
  }
  return std::nullopt;
}

// The pod is written off, or its followers wait for a container that has ended without ever having held its lock.
std::optional<Judgement> given_up(const shared::Pods& pods, std::optional<core::Instant>& wake, core::Instant now) {
  for (const auto& pod : pods) {
    const auto cause = shared::blame(*pod, now);
    if (!cause || !cause->over) continue;
    if (cause->reason == reason::kNodeLost) return failed(*cause, pod->meta.name);
    const auto at = failed_at(*pod);
    if (!at || pod->status.phase != "Running") continue;
    const core::Instant limit = *at + kStuck;
    if (now >= limit) return failed(*cause, pod->meta.name);
    wake = limit;
  }
  return std::nullopt;
}

std::optional<Judgement> late(const kube::Job& job, const Deadlines& deadlines, std::optional<core::Instant> train_at,
                              const std::optional<Cause>& hindrance, core::Instant now) {
  const bool pending = !train_at;
  const core::Duration span = pending ? deadlines.pending : deadlines.run;
  const core::Instant limit = (pending ? job.meta.created : *train_at) + std::chrono::ceil<std::chrono::seconds>(span);
  if (now < limit) return Judgement{.wake = limit};
  std::string message = pending ? "train did not start within " : "it did not end within ";
  message += core::for_people(span) + (pending ? " (deadlines.pending)" : " of the start of train (deadlines.run)");
  if (hindrance) message += ": " + hindrance->message;
  return failed({.blame = Blame::Place,
                 .reason = std::string(pending ? reason::kPendingDeadline : reason::kRunDeadline),
                 .message = message,
                 .over = true},
                {}, true);
}

void sooner(std::optional<core::Instant>& wake, std::optional<core::Instant> other) {
  if (other && (!wake || *other < *wake)) wake = other;
}

}  // namespace

json::StringMap images_of(const kube::Pod& pod) {
  json::StringMap out;
  for (const auto* list : {&pod.status.init_containers, &pod.status.containers}) {
    for (const kube::ContainerStatus& c : *list) {
      if (!c.image_id.empty()) out[c.name] = c.image_id;
    }
  }
  return out;
}

std::optional<json::StringMap> read_by_fetch(const shared::Pods& pods) {
  for (const auto& pod : pods) {
    const kube::ContainerStatus* c = container(*pod, "fetch");
    if (c != nullptr && c->state.terminated && c->state.terminated->exit_code == 0) return read_sources(*pod);
  }
  return std::nullopt;
}

std::optional<Published> parse_published(const std::string& text) {
  const auto message = json::parse(text);
  if (!message || !message->text_at({"digest"}).starts_with("sha256:")) return std::nullopt;
  Published out{
      .digest = message->text_at({"digest"}), .metrics = texts_of(message->at({"metrics"})), .read = texts_of(message->at({"read"}))};
  if (const json::Value* size = message->at({"size"})) out.size = size->integer().value_or(0);
  return out;
}

std::optional<core::Instant> ended_at(const kube::Job& job) {
  for (const char* type : {"Complete", "Failed"}) {
    const kube::Condition* c = kube::find(job.status.conditions, type);
    if (c && c->status == "True") return c->last_transition;
  }
  return std::nullopt;
}

Judgement judge(const kube::Job& job, const shared::Pods& pods, const Deadlines& deadlines, const std::vector<plan::Fact>& facts,
                core::Instant now, std::optional<core::Instant> train_at) {
  if (kube::is_true(job.status.conditions, "Complete")) return succeeded(pods, *ended_at(job), now);
  if (kube::is_true(job.status.conditions, "Failed")) return failed_job(*kube::find(job.status.conditions, "Failed"), pods, now);
  Judgement out{.started = train_at.has_value(), .train_at = train_at};
  std::optional<core::Instant> wake;
  if (auto lost = given_up(pods, wake, now)) return std::move(*lost);
  const shared::Progress going = shared::progress(job, pods, facts, now);
  for (const auto& pod : pods) {
    out.started |= has_started(*pod);
    if (const auto at = started_at(*pod, "train")) out.train_at = at;
    out.pod = pod->meta.name;
  }
  auto limit = late(job, deadlines, out.train_at, going.hindrance, now);
  if (limit->state == Judgement::State::Failed) {
    limit->pod = out.pod;
    return std::move(*limit);
  }
  out.state = out.train_at ? Judgement::State::Training : Judgement::State::Preparing;
  // What has ended in a pod is told once the Job has ended: its other containers still stop.
  if (going.hindrance && !going.hindrance->over) out.cause = going.hindrance;
  out.unknown = going.unknown;
  out.question = going.question;
  out.wake = wake;
  sooner(out.wake, limit->wake);
  sooner(out.wake, going.wake);
  return out;
}

}  // namespace millrace::training_job
