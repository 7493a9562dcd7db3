// The kubelet: what the script says of a pod's containers, at this instant, from the pod's creation on.
#include "support/actors/cluster.h"

#include "core/hash.h"

namespace millrace::sim {
namespace {

using json::Array;
using json::Object;
using json::Value;
using What = ContainerOutcome::What;

struct Progress {
  core::Instant now{}, at{};  // `at`: when the next container starts
  std::optional<core::Instant> next{};
  bool stopped = false, failed = false;  // an init container holds the pod, or ended it
  bool ready = true, ended = true;       // of the main containers
  void later(core::Instant t) {
    if (t > now && (!next || t < *next)) next = t;
  }
};

core::Instant after(core::Instant t, core::Duration d) { return t + std::chrono::ceil<std::chrono::seconds>(d); }

Object started(core::Instant t) { return {{"startedAt", core::to_rfc3339(t)}}; }

Object terminated(const ContainerOutcome& outcome, core::Instant from, core::Instant to) {
  return {{"exitCode", outcome.exit_code},
          {"reason", outcome.reason},
          {"message", outcome.message},
          {"startedAt", core::to_rfc3339(from)},
          {"finishedAt", core::to_rfc3339(to)}};
}

Object status_of(const Value& container, Object state, bool ready, int restarts = 0) {
  const std::string image = container.text_at({"image"});
  return {{"name", container.text_at({"name"})},
          {"image", image},
          {"imageID", "sha256:" + core::sha256_hex(image)},
          {"ready", ready},
          {"restartCount", restarts},
          {"state", std::move(state)}};
}

Object waiting(std::string reason, std::string message) {
  Object w{{"reason", std::move(reason)}};
  if (!message.empty()) w["message"] = std::move(message);
  return {{"waiting", std::move(w)}};
}

Object init_status(const Value& container, const ContainerOutcome& outcome, Progress& p) {
  if (p.stopped || p.failed) return status_of(container, waiting("PodInitializing", ""), false);
  const core::Instant from = p.at, to = after(from, outcome.after);
  if (outcome.what == What::Waits) {
    p.stopped = true;
    return status_of(container, waiting(outcome.reason, outcome.message), false);
  }
  if (outcome.what == What::Runs || p.now < to) {
    p.stopped = true;
    if (outcome.what == What::Exits) p.later(to);
    return status_of(container, {{"running", started(from)}}, false);
  }
  p.at = to;
  p.failed = outcome.exit_code != 0;
  return status_of(container, {{"terminated", terminated(outcome, from, to)}}, outcome.exit_code == 0);
}

Object main_status(const Value& container, const ContainerOutcome& outcome, bool restarts, Progress& p) {
  if (p.stopped || p.failed) {
    p.ready = p.ended = false;
    return status_of(container, waiting("PodInitializing", ""), false);
  }
  const core::Instant to = after(p.at, outcome.after);
  if (outcome.what == What::Waits) {
    p.ready = p.ended = false;
    return status_of(container, waiting(outcome.reason, outcome.message), false);
  }
  p.later(to);
  if (outcome.what == What::Runs || p.now < to) {
    const bool ready = outcome.what == What::Runs && outcome.ready && p.now >= to;
    p.ready = p.ready && (ready || outcome.what == What::Exits);
    p.ended = false;
    return status_of(container, {{"running", started(p.at)}}, ready || outcome.what == What::Exits);
  }
  p.ready = false;
  if (!restarts) return status_of(container, {{"terminated", terminated(outcome, p.at, to)}}, false);
  p.ended = false;
  Object s = status_of(container, waiting("CrashLoopBackOff", "back-off restarting failed container"), false, 1);
  s["lastState"] = Object{{"terminated", terminated(outcome, p.at, to)}};
  return s;
}

Value condition(std::string type, bool is, core::Instant since) {
  return Object{{"type", std::move(type)}, {"status", is ? "True" : "False"}, {"lastTransitionTime", core::to_rfc3339(since)}};
}

const Array& list_at(const Value& pod, std::string_view name) {
  static const Array none;
  const Value* v = pod.at({"spec", name});
  return v != nullptr && v->array() != nullptr ? *v->array() : none;
}

bool all_zero(const Array& statuses) {
  for (const auto& s : statuses) {
    const Value* code = s.at({"state", "terminated", "exitCode"});
    if (code == nullptr || code->integer() != 0) return false;
  }
  return true;
}

}  // namespace

PodState pod_state(const Value& pod, const Script& script, core::Instant now) {
  const core::Instant born = *core::parse_rfc3339(pod.text_at({"metadata", "creationTimestamp"}));
  Progress p{.now = now, .at = born};
  Array inits, mains;
  for (const auto& c : list_at(pod, "initContainers")) inits.emplace_back(init_status(c, script(pod, c.text_at({"name"})), p));
  const bool initialized = !p.stopped && !p.failed, restarts = pod.text_at({"spec", "restartPolicy"}) == "Always";
  for (const auto& c : list_at(pod, "containers")) mains.emplace_back(main_status(c, script(pod, c.text_at({"name"})), restarts, p));
  std::string phase = initialized ? "Running" : "Pending";
  if (p.failed) phase = "Failed";
  if (initialized && p.ended) phase = all_zero(mains) ? "Succeeded" : "Failed";
  const bool ready = initialized && p.ready;
  // A condition's own instant: a state that time alone brings begins when the last container got there.
  const Array conditions{condition("PodScheduled", true, born), condition("Initialized", initialized, p.at),
                         condition("ContainersReady", ready, ready ? p.at : born), condition("Ready", ready, ready ? p.at : born)};
  Object status{{"phase", phase},
                {"startTime", core::to_rfc3339(born)},
                {"conditions", conditions},
                {"containerStatuses", std::move(mains)},
                {"podIP", "10.244.0." + std::to_string(1 + core::fingerprint(pod.text_at({"metadata", "uid"})) % 250)}};
  if (!inits.empty()) status["initContainerStatuses"] = std::move(inits);
  return {std::move(status), phase == "Failed" || phase == "Succeeded" ? std::nullopt : p.next};
}

bool ended(const Value& pod) {
  const std::string phase = pod.text_at({"status", "phase"});
  return phase == "Failed" || phase == "Succeeded";
}

bool run_kubelet(ApiServer& server, const Script& script, core::Instant now) {
  bool did = false;
  std::vector<Value> pods;
  for (const auto* pod : server.list(kube::resources::kPod)) {
    if (deleting(*pod) || !ended(*pod)) pods.push_back(*pod);
  }
  for (const auto& pod : pods) {
    const std::string ns = pod.text_at({"metadata", "namespace"}), name = pod.text_at({"metadata", "name"});
    if (deleting(pod)) {
      server.remove(kube::resources::kPod, ns, name);
      did = true;
      continue;
    }
    Value status = pod_state(pod, script, now).status;
    const Value* old = pod.at({"status"});
    if (old != nullptr && *old == status) continue;
    server.put_status_as("kubelet", kube::resources::kPod, ns, name, std::move(status), now);
    did = true;
  }
  return did;
}

}  // namespace millrace::sim
