#include "support/api_server/kinds.h"

#include <algorithm>

#include "core/check.h"
#include "support/api_server/custom_kind.h"
#include "support/api_server/defaults.h"

namespace millrace::sim {
namespace {

using json::Value;

KindRules plain(const kube::Resource& resource, bool generation) {
  return {.resource = &resource, .shape = Shape::built_in(resource == kube::resources::kControllerRevision), .generation = generation};
}

std::vector<std::string> refuse_leases(const Value*, const Value& object) {
  const Value* seconds = object.at({"spec", "leaseDurationSeconds"});
  if (seconds == nullptr || seconds->integer().value_or(1) > 0) return {};
  return {"spec.leaseDurationSeconds: must be greater than 0"};
}

std::vector<std::string> refuse_pods(const Value*, const Value& object) {
  const Value* containers = object.at({"spec", "template", "spec", "containers"});
  const bool some = containers != nullptr && containers->array() != nullptr && !containers->array()->empty();
  return some ? std::vector<std::string>{} : std::vector<std::string>{"spec.template.spec.containers: Required value"};
}

std::vector<KindRules> make() {
  namespace r = kube::resources;
  std::vector<KindRules> out = millrace_kinds();
  KindRules job = plain(r::kJob, true);
  job.has_status = job.orphans_by_default = true;
  job.immutable = {{"spec", "template"}, {"spec", "selector"}, {"spec", "completionMode"}};
  job.fill = fill_job;
  job.refuse = refuse_pods;
  KindRules deployment = plain(r::kDeployment, true);
  deployment.has_status = deployment.has_scale = deployment.counts_annotations = true;
  deployment.immutable = {{"spec", "selector"}};
  deployment.fill = fill_deployment;
  deployment.refuse = refuse_pods;
  KindRules pod = plain(r::kPod, true);
  pod.has_status = pod.graceful = true;
  pod.fill = fill_pod;
  KindRules service = plain(r::kService, false);
  service.has_status = service.name_is_label = true;
  service.immutable = {{"spec", "clusterIP"}};
  service.fill = fill_service;
  KindRules revision = plain(r::kControllerRevision, false);
  revision.immutable = {{"data"}};
  KindRules budget = plain(r::kPodDisruptionBudget, true);
  budget.has_status = true;
  KindRules claim = plain(r::kClaim, false);
  claim.has_status = true;
  claim.fill = fill_claim;
  KindRules lease = plain(r::kLease, false);
  lease.refuse = refuse_leases;
  for (auto& kind : {job, deployment, pod, service, revision, budget, claim, lease}) out.push_back(kind);
  for (auto& kind : gateway_kinds()) out.push_back(kind);
  out.push_back(plain(r::kEndpointSlice, true));
  for (const auto* resource : {&r::kConfigMap, &r::kCoreEvent, &r::kEvent, &kNamespace, &kSecret}) out.push_back(plain(*resource, false));
  out.push_back(plain(r::kCrd, true));
  return out;
}

}  // namespace

const std::vector<KindRules>& all_kinds() {
  static const std::vector<KindRules> all = make();
  return all;
}

const KindRules* find_kind(std::string_view group, std::string_view version, std::string_view plural) {
  const auto& all = all_kinds();
  const auto hit = std::ranges::find_if(all, [&](const KindRules& k) {
    return k.resource->group == group && k.resource->version == version && k.resource->plural == plural;
  });
  return hit == all.end() ? nullptr : &*hit;
}

const KindRules& rules_of(const kube::Resource& resource) {
  const KindRules* kind = find_kind(resource.group, resource.version, resource.plural);
  MILLRACE_CHECK(kind != nullptr);
  return *kind;
}

}  // namespace millrace::sim
