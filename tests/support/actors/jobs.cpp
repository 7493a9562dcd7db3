// The Job controller: one pod per index, no replacement (backoffLimit 0), conditions after the pods have ended.
#include <algorithm>

#include "support/actors/cluster.h"

namespace millrace::sim {
namespace {

using json::Array;
using json::Object;
using json::Value;

struct Pods {
  std::vector<const Value*> all{};
  std::int64_t active = 0, ready = 0, succeeded = 0, failed = 0;
};

Pods pods_of(const ApiServer& server, const Value& job) {
  Pods out;
  for (const auto* pod : server.list(kube::resources::kPod, job.text_at({"metadata", "namespace"}))) {
    if (!owned_by(*pod, job.text_at({"metadata", "uid"}))) continue;
    out.all.push_back(pod);
    const std::string phase = pod->text_at({"status", "phase"});
    out.succeeded += phase == "Succeeded";
    out.failed += phase == "Failed";
    out.active += phase != "Succeeded" && phase != "Failed";
    out.ready += condition_true(*pod, "Ready");
  }
  return out;
}

bool code_matches(const Value& rule, const Value& status) {
  const Value *code = status.at({"state", "terminated", "exitCode"}), *values = rule.at({"onExitCodes", "values"});
  const std::string container = rule.text_at({"onExitCodes", "containerName"});
  if (code == nullptr || values == nullptr || code->integer() == 0) return false;  // zero is never a failure
  if (!container.empty() && container != status.text_at({"name"})) return false;
  const bool named = std::ranges::find(*values->array(), *code) != values->array()->end();
  return named == (rule.text_at({"onExitCodes", "operator"}) == "In");
}

bool rule_matches(const Value& rule, const Value& pod) {
  if (rule.at({"onPodConditions"}) != nullptr) return condition_true(pod, rule.at({"onPodConditions"})->array()->front().text_at({"type"}));
  for (const auto list : {"initContainerStatuses", "containerStatuses"}) {
    const Value* statuses = pod.at({"status", list});
    if (statuses == nullptr) continue;
    if (std::ranges::any_of(*statuses->array(), [&](const Value& s) { return code_matches(rule, s); })) return true;
  }
  return false;
}

// The first rule that a failed pod matches, when its action ends the Job.
bool fails_by_policy(const Value& job, const Pods& pods) {
  const Value* rules = job.at({"spec", "podFailurePolicy", "rules"});
  if (rules == nullptr || rules->array() == nullptr) return false;
  return std::ranges::any_of(pods.all, [&](const Value* pod) {
    if (pod->text_at({"status", "phase"}) != "Failed") return false;
    const auto hit = std::ranges::find_if(*rules->array(), [&](const Value& rule) { return rule_matches(rule, *pod); });
    return hit != rules->array()->end() && hit->text_at({"action"}) == "FailJob";
  });
}

Value condition(std::string type, std::string reason, std::string message, core::Instant now) {
  return Object{{"type", std::move(type)},
                {"status", "True"},
                {"reason", std::move(reason)},
                {"message", std::move(message)},
                {"lastTransitionTime", core::to_rfc3339(now)},
                {"lastProbeTime", core::to_rfc3339(now)}};
}

std::int64_t count(const Value& job, std::string_view name, std::int64_t otherwise) {
  const Value* v = job.at({"spec", name});
  return v != nullptr ? v->integer().value_or(otherwise) : otherwise;
}

Value status_of(const Value& job, const Pods& pods, core::Instant now) {
  const std::string since = job.text_at({"status", "startTime"});
  Object status{{"startTime", since.empty() ? core::to_rfc3339(now) : since}};
  for (const auto& [name, n] :
       {std::pair("active", pods.active), {"ready", pods.ready}, {"succeeded", pods.succeeded}, {"failed", pods.failed}}) {
    if (n > 0) status[name] = n;
  }
  if (pods.succeeded >= count(job, "completions", 1)) {
    status["completionTime"] = core::to_rfc3339(now);
    status["conditions"] = Array{condition("SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods", now),
                                 condition("Complete", "CompletionsReached", "Reached expected number of succeeded pods", now)};
  } else if (pods.failed > count(job, "backoffLimit", 6) && pods.active == 0) {
    const bool policy = fails_by_policy(job, pods);
    const std::string reason = policy ? "PodFailurePolicy" : "BackoffLimitExceeded";
    const std::string message = policy ? "A container's exit code matches a FailJob rule" : "Job has reached the specified backoff limit";
    status["conditions"] = Array{condition("FailureTarget", reason, message, now), condition("Failed", reason, message, now)};
  }
  return status;
}

bool make_pods(ApiServer& server, const Value& job, core::Instant now) {
  bool did = false;
  const std::string name = job.text_at({"metadata", "name"});
  for (std::int64_t i = 0; i < count(job, "parallelism", 1); ++i) {
    const std::string index = std::to_string(i);
    const Value pod = pod_from(job, name + "-" + index + "-pod", {{"batch.kubernetes.io/job-completion-index", index}});
    did = server.create_as("kube-controller-manager", pod, now) == 201 || did;
  }
  return did;
}

// The others of a gang whose member failed are ended.
bool end_active(ApiServer& server, const Pods& pods) {
  std::vector<std::pair<std::string, std::string>> names;
  for (const auto* pod : pods.all) {
    const std::string phase = pod->text_at({"status", "phase"});
    if (phase != "Succeeded" && phase != "Failed")
      names.emplace_back(pod->text_at({"metadata", "namespace"}), pod->text_at({"metadata", "name"}));
  }
  for (const auto& [ns, name] : names) server.remove(kube::resources::kPod, ns, name);
  return !names.empty();
}

}  // namespace

bool run_jobs(ApiServer& server, core::Instant now) {
  bool did = false;
  std::vector<Value> jobs;
  for (const auto* job : server.list(kube::resources::kJob)) jobs.push_back(*job);
  for (const auto& job : jobs) {
    const Value* suspended = job.at({"spec", "suspend"});
    if (deleting(job) || condition_true(job, "Complete") || condition_true(job, "Failed")) continue;
    if (suspended != nullptr && suspended->boolean() == true) continue;
    const Pods before = pods_of(server, job);
    const bool lost = before.failed > count(job, "backoffLimit", 6);
    did = (lost ? end_active(server, before) : make_pods(server, job, now)) || did;
    const Value status = status_of(job, pods_of(server, job), now);
    const Value* old = job.at({"status"});
    if (old != nullptr && *old == status) continue;
    server.put_status_as("kube-controller-manager", kube::resources::kJob, job.text_at({"metadata", "namespace"}),
                         job.text_at({"metadata", "name"}), status, now);
    did = true;
  }
  return did;
}

}  // namespace millrace::sim
