#include "training_job/resolved.h"

#include <algorithm>

#include "json/value.h"
#include "shared/reasons.h"
#include "training_job/attempts.h"
#include "training_job/batch.h"
#include "training_job/sources.h"

namespace millrace::training_job {
namespace {

constexpr auto kLag = std::chrono::seconds(30);
const kube::ContainerTerminated* end_of(const shared::Pods& pods) {
  for (const auto& pod : pods) {
    for (const kube::ContainerStatus& c : pod->status.containers) {
      if (c.name == "resolve" && c.state.terminated) return &*c.state.terminated;
    }
  }
  return nullptr;
}

const json::Value* find_named(const json::Value* list, const std::string& name) {
  if (list == nullptr || list->array() == nullptr) return nullptr;
  const auto& all = *list->array();
  const auto it = std::find_if(all.begin(), all.end(), [&](const json::Value& v) { return v.text_at({"name"}) == name; });
  return it == all.end() ? nullptr : &*it;
}

DataStatus data_of(const DataSource& d, const json::Value& told, core::Instant at) {
  const json::Value* size = told.at({"size"});
  return {.name = d.name,
          .uri = d.uri,
          .identity = told.text_at({"identity"}),
          .repo = d.dvc ? d.dvc->repo : "",
          .path = d.dvc ? d.dvc->path : "",
          .remote = d.dvc ? d.dvc->remote : "",
          .commit = told.text_at({"commit"}),
          .strength = told.text_at({"strength"}),
          .size = size ? size->integer().value_or(0) : 0,
          .resolved_at = at};
}

Resolution wrong(Resolution::State state, std::string_view reason, std::string message) {
  return {.state = state, .reason = std::string(reason), .message = std::move(message)};
}

// A cause of the place may pass; the other reasons of docs/pods.md are the input's.
bool is_of_the_place(std::string_view reason) { return reason == "Unreachable" || reason == "SecretMissing"; }

// The sources that could not be resolved. The input's causes go first: waiting does not cure them.
std::optional<Resolution> complaint(const json::Value& message, const std::vector<std::string>& names, const std::string& owner) {
  std::optional<Resolution> out;
  for (const std::string& name : names) {
    const json::Value* error = find_named(message.at({"errors"}), owner + "/" + name);
    if (error == nullptr) continue;
    const std::string reason = error->text_at({"reason"});
    const auto state = is_of_the_place(reason) ? Resolution::State::PlaceWrong : Resolution::State::InputWrong;
    const std::string sentence = (name == kCodeName ? "code" : name) + ": " + error->text_at({"message"});
    if (!out || (out->state == Resolution::State::PlaceWrong && state == Resolution::State::InputWrong))
      out = wrong(state, reason, sentence);
  }
  return out;
}

const DataStatus* find_known(const Status& status, const std::string& name) {
  const auto& newest = status.new_data.empty() ? status.data : status.new_data;
  const auto at = std::find_if(newest.begin(), newest.end(), [&](const DataStatus& d) { return d.name == name; });
  return at == newest.end() ? nullptr : &*at;
}

// A source that was looked at and is told neither as found nor as wrong is what the task knew already.
bool was_looked_at(const json::Value& message, const std::vector<Cover>& covers, const TrainingJob& of, const std::string& name) {
  const json::Value* count = message.at({"told"});
  std::int64_t left = count ? count->integer().value_or(0) : 0;
  for (const Cover& c : covers) {
    for (const std::string& source : c.sources) {
      if (left-- <= 0) return false;
      if (c.job == of.meta.name && source == name) return true;
    }
  }
  return false;
}

// What its message says of these sources; nullopt: it does not speak of all of them.
std::optional<Resolution> told(const json::Value& message, const std::vector<Cover>& covers, const TrainingJob& of, core::Instant at) {
  if (auto wrong = complaint(message, source_names(of.spec), of.meta.name)) return wrong;
  Resolution out{.state = Resolution::State::Resolved};
  const auto find = [&](const std::string& name) { return find_named(message.at({"sources"}), of.meta.name + "/" + name); };
  const json::StringMap known = known_identities(of);
  for (const DataSource& d : of.spec.data) {
    const json::Value* one = find(d.name);
    if (one != nullptr && !one->text_at({"identity"}).empty()) {
      out.data.push_back(data_of(d, *one, at));
    } else if (known.contains(d.name) && was_looked_at(message, covers, of, d.name)) {
      out.data.push_back(*find_known(of.status, d.name));
    } else {
      return std::nullopt;
    }
  }
  if (!of.spec.code) return out;
  const json::Value* code = find(std::string(kCodeName));
  if (code == nullptr || code->text_at({"commit"}).empty()) return std::nullopt;
  out.code = CodeStatus{.repo = of.spec.code->repo, .commit = code->text_at({"commit"})};
  return out;
}

Resolution silent(const kube::Job& job, const shared::Pods& pods, core::Instant at, core::Instant now) {
  for (const auto& pod : pods) {
    if (const auto cause = shared::blame(*pod, now)) return wrong(Resolution::State::PlaceWrong, cause->reason, cause->message);
  }
  const kube::Condition* failed = kube::find(job.status.conditions, "Failed");
  if (failed != nullptr && failed->reason == "DeadlineExceeded")
    return wrong(Resolution::State::PlaceWrong, shared::reason::kResolveDeadline, "the resolver was not done in time");
  if (now < at + kLag) return {.wake = at + kLag};
  return wrong(Resolution::State::PlaceWrong, shared::reason::kResultLost,
               "the resolver has ended, but no pod is left that tells what it found");
}

Resolution ended(const kube::Job& job, const shared::Pods& pods, const TrainingJob& of, core::Instant at, core::Instant now) {
  const kube::ContainerTerminated* end = end_of(pods);
  const auto message = json::parse(end ? end->message : std::string());
  if (message && message->object() != nullptr) {
    if (auto out = told(*message, covers_of(job.meta), of, at)) {
      out->tells = true;
      return std::move(*out);
    }
  }
  return silent(job, pods, at, now);
}

}  // namespace

Resolution judge_resolver(const kube::Job& job, const shared::Pods& pods, const TrainingJob& of, const std::vector<plan::Fact>& facts,
                          core::Instant now) {
  if (const auto at = ended_at(job)) return ended(job, pods, of, *at, now);
  const shared::Progress going = shared::progress(job, pods, facts, now);
  Resolution out{.unknown = going.unknown, .wake = going.wake, .question = going.question};
  if (going.hindrance && going.hindrance->reason == shared::reason::kNodeLost)
    return wrong(Resolution::State::PlaceWrong, going.hindrance->reason, going.hindrance->message);
  if (going.hindrance && !going.hindrance->over) {
    out.reason = going.hindrance->reason;
    out.message = going.hindrance->message;
  }
  return out;
}

}  // namespace millrace::training_job
