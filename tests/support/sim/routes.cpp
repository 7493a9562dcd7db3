#include "support/sim/routes.h"

#include <algorithm>

#include "kube/model/gateway.h"

namespace millrace::sim {
namespace {

using json::Value;

bool has_ready_pod(const ApiServer& server, const std::string& ns, const std::string& service) {
  const auto slices = server.list(kube::resources::kEndpointSlice, ns);
  return std::ranges::any_of(slices, [&](const Value* slice) {
    const Value* of = slice->at({"metadata", "labels", "kubernetes.io/service-name"});
    if (of == nullptr || of->text() == nullptr || *of->text() != service) return false;
    const Value* endpoints = slice->at({"endpoints"});
    return std::ranges::any_of(*endpoints->array(), [](const Value& e) {
      const Value* ready = e.at({"conditions", "ready"});
      return ready != nullptr && ready->boolean().value_or(false);
    });
  });
}

std::string trouble_of(const ApiServer& server, const std::string& ns, const Value& ref) {
  const std::string name = ref.text_at({"name"});
  const Value* weight = ref.at({"weight"});
  if (weight == nullptr || weight->integer().value_or(0) == 0) return "";
  if (server.find(kube::resources::kService, ns, name) == nullptr) return "Service " + name + " is missing";
  return has_ready_pod(server, ns, name) ? "" : "Service " + name + " has no ready pod";
}

}  // namespace

std::string dead_backend(const ApiServer& server) {
  for (const Value* route : server.list(kube::resources::kHttpRoute)) {
    const std::string ns = route->text_at({"metadata", "namespace"});
    for (const Value& rule : *route->at({"spec", "rules"})->array()) {
      const Value* refs = rule.at({"backendRefs"});
      if (refs == nullptr) continue;
      for (const Value& ref : *refs->array()) {
        if (const std::string why = trouble_of(server, ns, ref); !why.empty())
          return "route " + route->text_at({"metadata", "name"}) + " sends requests nowhere: " + why;
      }
    }
  }
  return "";
}

}  // namespace millrace::sim
