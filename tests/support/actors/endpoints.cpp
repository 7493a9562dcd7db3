// The EndpointSlice controller: one slice per Service with a selector, of the pods that it selects.
#include <algorithm>

#include "support/actors/cluster.h"

namespace millrace::sim {
namespace {

using json::Array;
using json::Object;
using json::Value;

bool selects(const Value& selector, const Value& pod) {
  return std::ranges::all_of(selector.object()->members(), [&](const auto& m) {
    const Value* v = pod.at({"metadata", "labels", m.first});
    return v != nullptr && *v == m.second;
  });
}

Value endpoint_of(const Value& pod) {
  const bool ready = condition_true(pod, "Ready") && !deleting(pod);
  return Object{{"addresses", Array{pod.text_at({"status", "podIP"})}},
                {"conditions", Object{{"ready", ready}, {"serving", condition_true(pod, "Ready")}, {"terminating", deleting(pod)}}},
                {"targetRef", Object{{"kind", "Pod"},
                                     {"namespace", pod.text_at({"metadata", "namespace"})},
                                     {"name", pod.text_at({"metadata", "name"})},
                                     {"uid", pod.text_at({"metadata", "uid"})}}}};
}

Value slice_of(const ApiServer& server, const Value& service) {
  const std::string ns = service.text_at({"metadata", "namespace"}), name = service.text_at({"metadata", "name"});
  Array endpoints;
  for (const auto* pod : server.list(kube::resources::kPod, ns)) {
    const std::string phase = pod->text_at({"status", "phase"});
    if (phase == "Succeeded" || phase == "Failed" || pod->text_at({"status", "podIP"}).empty()) continue;
    if (selects(*service.at({"spec", "selector"}), *pod)) endpoints.push_back(endpoint_of(*pod));
  }
  Object labels;
  if (const Value* own = service.at({"metadata", "labels"})) labels = *own->object();
  labels["kubernetes.io/service-name"] = name;
  labels["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io";
  const Object owner{{"apiVersion", "v1"}, {"kind", "Service"},         {"name", name}, {"uid", service.text_at({"metadata", "uid"})},
                     {"controller", true}, {"blockOwnerDeletion", true}};
  return Object{
      {"apiVersion", "discovery.k8s.io/v1"},
      {"kind", "EndpointSlice"},
      {"metadata", Object{{"name", name + "-slice"}, {"namespace", ns}, {"labels", std::move(labels)}, {"ownerReferences", Array{owner}}}},
      {"addressType", "IPv4"},
      {"endpoints", std::move(endpoints)}};
}

}  // namespace

bool run_endpoints(ApiServer& server, core::Instant now) {
  bool did = false;
  std::vector<Value> services;
  for (const auto* s : server.list(kube::resources::kService)) services.push_back(*s);
  for (const auto& service : services) {
    const Value* selector = service.at({"spec", "selector"});
    if (deleting(service) || selector == nullptr || selector->object() == nullptr || selector->object()->empty()) continue;
    const Value slice = slice_of(server, service);
    if (server.create_as("kube-controller-manager", slice, now) == 201) {
      did = true;
      continue;
    }
    const Value* live =
        server.find(kube::resources::kEndpointSlice, slice.text_at({"metadata", "namespace"}), slice.text_at({"metadata", "name"}));
    if (*live->at({"endpoints"}) == *slice.at({"endpoints"}) && *live->at({"metadata", "labels"}) == *slice.at({"metadata", "labels"}))
      continue;
    server.put_as("kube-controller-manager", slice, now);
    did = true;
  }
  return did;
}

}  // namespace millrace::sim
