#include "shared/blame.h"

#include <algorithm>

#include "core/text.h"
#include "json/value.h"
#include "shared/reasons.h"

namespace millrace::shared {
namespace {

constexpr auto kWriteOff = std::chrono::minutes(5);
constexpr std::int64_t kInputExit = 10, kPlaceExit = 20, kKilled = 137;
constexpr std::size_t kSentence = 700;

bool says(std::string_view text, std::string_view what) { return text.find(what) != std::string_view::npos; }
std::string text(std::string_view view) { return std::string(view); }

// What the program in the container said of itself (docs/pods.md).
struct Report {
  bool fetcher = false, step = false, out_of_memory = false;
  std::string reason{}, message{}, stderr_tail{};
};

Report report_of(std::string_view termination_message) {
  Report out;
  const auto parsed = json::parse(termination_message);
  if (!parsed || parsed->object() == nullptr) return out;
  if (const json::Value* error = parsed->at({"error"}); error && error->object()) {
    out.fetcher = true;
    out.reason = error->text_at({"reason"});
    out.message = error->text_at({"message"});
  }
  if (const json::Value* errors = parsed->at({"errors"}); errors && errors->array() && !errors->array()->empty()) {
    const json::Value& first = errors->array()->front();
    out.fetcher = true;
    out.reason = first.text_at({"reason"});
    out.message = first.text_at({"name"}) + ": " + first.text_at({"message"});
  }
  if (const json::Value* oom = parsed->at({"outOfMemory"})) out.out_of_memory = oom->boolean().value_or(false);
  out.step = parsed->at({"exitCode"}) != nullptr;
  out.stderr_tail = parsed->text_at({"stderr"});
  return out;
}

std::string with_tail(std::string sentence, std::string_view tail) {
  while (!tail.empty() && (tail.back() == '\n' || tail.back() == ' ')) tail.remove_suffix(1);
  if (tail.empty()) return sentence;
  constexpr std::size_t kTail = 400;
  if (tail.size() > kTail) tail.remove_prefix(tail.size() - kTail);
  return sentence + "; its last words: " + core::to_utf8(tail);
}

Cause cause(Blame blame, std::string_view reason, std::string message) {
  return {.blame = blame, .reason = text(reason), .message = core::cut(message, kSentence)};
}

Cause of_fetcher(const kube::ContainerTerminated& end, const Report& report) {
  const std::string_view reason = report.reason.empty() ? reason::kInternalError : std::string_view(report.reason);
  const bool input = end.exit_code == kInputExit;
  if (!input && end.exit_code != kPlaceExit) return cause(Blame::Place, reason::kInternalError, report.message);
  // Another's credentials or a moved file are no fault of the bytes; only wrong bytes and wrong results are the version's own.
  return cause(input && reason != "Unauthorized" ? Blame::Version : Blame::Place, reason, report.message);
}

Cause of_end(const std::string& container, const kube::ContainerTerminated& end) {
  const Report report = report_of(end.message);
  Cause out;
  if (end.reason == "OOMKilled" || report.out_of_memory) {
    out = cause(Blame::Version, reason::kOutOfMemory,
                "container " + container + " ran out of memory (exit code " + std::to_string(end.exit_code) + ")");
  } else if (report.fetcher) {
    out = of_fetcher(end, report);
  } else if (end.reason == "ContainerCannotRun" || end.reason == "StartError") {
    out = cause(Blame::Version, reason::kCannotStart, "container " + container + " cannot start: " + end.message);
  } else {
    const std::string_view tail = report.step ? std::string_view(report.stderr_tail) : std::string_view(end.message);
    out = cause(Blame::Version, reason::kCrashed,
                with_tail("container " + container + " ended with exit code " + std::to_string(end.exit_code) +
                              (end.exit_code == 0 ? ", again and again; its log tells why" : ""),
                          tail));
  }
  out.container = container;
  out.exit_code = end.exit_code;
  out.signal = end.signal != 0 ? end.signal : (end.exit_code > 128 && end.exit_code < 160 ? end.exit_code - 128 : 0);
  out.over = true;
  return out;
}

bool unknown_manifest(std::string_view message) {
  for (const char* what :
       {"manifest unknown", "not found", "invalid reference", "MANIFEST_UNKNOWN", "NAME_UNKNOWN", "repository does not exist"}) {
    if (says(message, what)) return true;
  }
  return false;
}

std::optional<Cause> of_wait(const std::string& container, const kube::ContainerWaiting& wait) {
  Cause out;
  if (wait.reason == "InvalidImageName") {
    out = cause(Blame::Version, reason::kImageInvalid, "container " + container + ": " + wait.message);
  } else if (wait.reason == "ErrImagePull" || wait.reason == "ImagePullBackOff" || wait.reason == "ErrImageNeverPull" ||
             wait.reason == "RegistryUnavailable") {
    const bool ours = unknown_manifest(wait.message) && !says(wait.message, "authorization failed");
    out = cause(ours ? Blame::Version : Blame::Place, ours ? reason::kImageInvalid : reason::kImagePullFailed,
                "container " + container + ": image cannot be pulled: " + wait.message);
  } else if (wait.reason == "CreateContainerConfigError") {
    out = cause(Blame::Place, reason::kConfigMissing, "container " + container + ": " + wait.message);
  } else if (wait.reason == "CreateContainerError" || wait.reason == "RunContainerError") {
    // A node that is too busy to make a container in time says nothing of the image.
    const bool slow = says(wait.message, "deadline exceeded") || says(wait.message, "is reserved for");
    out = cause(slow ? Blame::Place : Blame::Version, reason::kCannotStart, "container " + container + " cannot start: " + wait.message);
  } else {
    return std::nullopt;
  }
  out.container = container;
  return out;
}

// A server that ends by itself has failed whatever its exit code says: MLServer ends with 0 when it cannot load its model.
bool is_crash_loop(const kube::ContainerStatus& c) { return c.state.waiting && c.state.waiting->reason == "CrashLoopBackOff"; }

// Containers of servers are started again, so a crash is seen in the life before. One that runs again may do well now; an init container
// that runs again has got nowhere yet, and what ended it hinders the pod still.
std::optional<Cause> of_container(const kube::ContainerStatus& c, bool is_init) {
  if (c.state.terminated && c.state.terminated->exit_code != 0) return of_end(c.name, *c.state.terminated);
  if (c.state.terminated || (c.state.running && !is_init)) return std::nullopt;
  if (c.last_state.terminated && (c.last_state.terminated->exit_code != 0 || is_crash_loop(c)))
    return of_end(c.name, *c.last_state.terminated);
  if (c.state.waiting) return of_wait(c.name, *c.state.waiting);
  return std::nullopt;
}

std::optional<Cause> of_containers(const kube::PodStatus& status) {
  std::optional<Cause> out;
  core::Instant first{};
  for (const auto* list : {&status.init_containers, &status.containers}) {
    for (const kube::ContainerStatus& c : *list) {
      const auto found = of_container(c, list == &status.init_containers);
      if (!found) continue;
      const auto& end = c.state.terminated ? c.state.terminated : c.last_state.terminated;
      const core::Instant at = end && end->finished_at ? *end->finished_at : core::Instant::max();
      // Who ended first is the cause; who was killed in the wake of another is not.
      const bool earlier = !out || at < first || (at == first && out->exit_code == kKilled && found->exit_code != kKilled);
      if (earlier) out = found, first = at;
    }
  }
  return out;
}

std::optional<Cause> of_pod(const kube::Pod& pod, core::Instant now) {
  const kube::PodStatus& status = pod.status;
  if (const auto at = written_off_at(pod); at && now >= *at) {
    return cause(Blame::Disruption, reason::kNodeLost,
                 "pod " + pod.meta.name + " does not end; node " + pod.spec.node_name + " is written off");
  }
  if (const kube::Condition* c = kube::find(status.conditions, "DisruptionTarget"); c && c->status == "True") {
    return cause(Blame::Disruption, reason::kDisrupted, "pod " + pod.meta.name + " was taken away: " + c->reason + ": " + c->message);
  }
  if (status.reason == "Evicted") {
    const bool storage = says(status.message, "ephemeral") || says(status.message, "emptyDir") || says(status.message, "EmptyDir");
    return cause(Blame::Place, storage ? reason::kEphemeralStorageExceeded : reason::kEvicted,
                 "pod " + pod.meta.name + " was evicted: " + status.message);
  }
  return std::nullopt;
}

std::optional<Cause> of_schedule(const kube::Pod& pod) {
  const kube::Condition* c = kube::find(pod.status.conditions, "PodScheduled");
  if (c == nullptr || c->status != "False" || pod.status.phase == "Failed") return std::nullopt;
  return cause(Blame::Place, reason::kUnschedulable, "pod " + pod.meta.name + " finds no node: " + c->message);
}

bool is_worse(const Cause& a, const Cause& b) {
  const auto rank = [](const Cause& c) { return (c.blame == Blame::Disruption ? 2 : 0) + (c.over ? 1 : 0); };
  return rank(a) > rank(b);
}

}  // namespace

std::optional<core::Instant> written_off_at(const kube::Pod& pod) {
  // The API server sets deletionTimestamp to the end of the grace already.
  if (!pod.meta.deletion) return std::nullopt;
  return *pod.meta.deletion + kWriteOff;
}

std::optional<Cause> blame(const kube::Pod& pod, core::Instant now) {
  if (pod.status.phase == "Succeeded") return std::nullopt;
  if (auto found = of_pod(pod, now)) {
    found->over = true;
    return found;
  }
  if (auto found = of_containers(pod.status)) return found;
  if (auto found = of_schedule(pod)) return found;
  if (pod.status.phase != "Failed") return std::nullopt;
  Cause out = cause(Blame::Place, pod.status.reason.empty() ? reason::kFailed : std::string_view(pod.status.reason),
                    "pod " + pod.meta.name + " failed: " + (pod.status.message.empty() ? "no container tells why" : pod.status.message));
  out.over = true;
  return out;
}

std::optional<Cause> blame(const std::vector<const kube::Pod*>& pods, core::Instant now) {
  std::optional<Cause> out;
  for (const kube::Pod* pod : pods) {
    const auto found = blame(*pod, now);
    if (found && (!out || is_worse(*found, *out))) out = found;
  }
  return out;
}

std::optional<Cause> cause_of(const plan::Sentence& sentence, bool scheduled) {
  if (sentence.text.empty() || (scheduled && sentence.reason == "FailedScheduling")) return std::nullopt;
  std::string_view why = sentence.reason;
  if (says(sentence.text, "exceeded quota") || says(sentence.text, "failed quota")) why = reason::kQuotaExceeded;
  if (says(sentence.text, "violates PodSecurity")) why = reason::kPodSecurity;
  if (sentence.reason == "FailedMount" && says(sentence.text, "not found")) why = reason::kConfigMissing;
  if (sentence.reason == "FailedScheduling") why = reason::kUnschedulable;
  return cause(Blame::Place, why, sentence.text);
}

}  // namespace millrace::shared
