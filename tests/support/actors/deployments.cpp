// The Deployment controller without ReplicaSets: pods of the present template, counted into status. A new template replaces all pods.
#include <algorithm>

#include "core/hash.h"
#include "support/actors/cluster.h"

namespace millrace::sim {
namespace {

using json::Array;
using json::Object;
using json::Value;

constexpr const char* kHashLabel = "pod-template-hash";

std::string label(const Value& pod, std::string_view name) {
  const Value* v = pod.at({"metadata", "labels", name});
  return v != nullptr && v->text() != nullptr ? *v->text() : "";
}

std::vector<const Value*> pods_of(const ApiServer& server, const Value& deployment) {
  std::vector<const Value*> out;
  for (const auto* pod : server.list(kube::resources::kPod, deployment.text_at({"metadata", "namespace"}))) {
    if (owned_by(*pod, deployment.text_at({"metadata", "uid"})) && !deleting(*pod)) out.push_back(pod);
  }
  return out;
}

void end_pod(ApiServer& server, const Value& pod, core::Instant now) {
  server.handle(
      {.method = "DELETE",
       .path = kube::object_path(kube::resources::kPod, pod.text_at({"metadata", "namespace"}), pod.text_at({"metadata", "name"}))},
      now, "kube-controller-manager");
}

bool match_count(ApiServer& server, const Value& deployment, const std::string& hash, std::size_t wanted, core::Instant now) {
  std::vector<Value> extra, fresh;
  for (const auto* pod : pods_of(server, deployment)) (label(*pod, kHashLabel) == hash ? fresh : extra).push_back(*pod);
  // The last ones go first, those that are not ready before the others.
  std::ranges::stable_sort(fresh, [](const Value& a, const Value& b) { return condition_true(a, "Ready") && !condition_true(b, "Ready"); });
  while (fresh.size() > wanted) {
    extra.push_back(fresh.back());
    fresh.pop_back();
  }
  for (const auto& pod : extra) end_pod(server, pod, now);
  bool did = !extra.empty();
  for (std::size_t i = 0; i < 100 && fresh.size() < wanted; ++i) {
    const Value pod =
        pod_from(deployment, deployment.text_at({"metadata", "name"}) + "-" + hash + "-" + std::to_string(i), {{kHashLabel, hash}});
    if (server.create_as("kube-controller-manager", pod, now) != 201) continue;
    fresh.push_back(pod);
    did = true;
  }
  return did;
}

Value status_of(const ApiServer& server, const Value& deployment, std::size_t wanted) {
  const auto pods = pods_of(server, deployment);
  const auto ready = std::ranges::count_if(pods, [](const Value* p) { return condition_true(*p, "Ready"); });
  const bool available = static_cast<std::size_t>(ready) >= wanted;
  Object status{{"observedGeneration", *deployment.at({"metadata", "generation"})},
                {"conditions", Array{Object{{"type", "Available"},
                                            {"status", available ? "True" : "False"},
                                            {"reason", available ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable"}}}}};
  if (!pods.empty()) status["replicas"] = status["updatedReplicas"] = static_cast<std::int64_t>(pods.size());
  if (ready > 0) {
    status["readyReplicas"] = static_cast<std::int64_t>(ready);
    status["availableReplicas"] = static_cast<std::int64_t>(ready);
  }
  return status;
}

}  // namespace

bool run_deployments(ApiServer& server, core::Instant now) {
  bool did = false;
  std::vector<Value> all;
  for (const auto* d : server.list(kube::resources::kDeployment)) all.push_back(*d);
  for (const auto& deployment : all) {
    if (deleting(deployment)) continue;
    const std::string hash = core::sha256_hex(json::dump(*deployment.at({"spec", "template"}))).substr(0, 10);
    const auto wanted = static_cast<std::size_t>(deployment.at({"spec", "replicas"})->integer().value_or(1));
    did = match_count(server, deployment, hash, wanted, now) || did;
    const Value status = status_of(server, deployment, wanted);
    const Value* old = deployment.at({"status"});
    if (old != nullptr && *old == status) continue;
    server.put_status_as("kube-controller-manager", kube::resources::kDeployment, deployment.text_at({"metadata", "namespace"}),
                         deployment.text_at({"metadata", "name"}), status, now);
    did = true;
  }
  return did;
}

}  // namespace millrace::sim
