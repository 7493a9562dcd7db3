#include "app/rbac.h"

#include <map>
#include <set>
#include <string>

#include "kinds.h"
#include "reports/intake.h"
#include "reports/place.h"

namespace millrace::app {

namespace {

using Verbs = std::set<std::string>;
struct Grant {
  std::string_view group, resource;
  Verbs verbs;
};

// What passes write and look up, beside what is watched (the lease is a Role of the operator's own namespace).
const Grant kGrants[] = {
    {"millrace.dev", "trainingjobs/status", {"patch", "update"}},
    {"millrace.dev", "inferenceservices/status", {"patch", "update"}},
    {"millrace.dev", "modelversions/status", {"patch", "update"}},
    {"millrace.dev", "modelversions", {"create", "delete", "patch"}},
    {"batch", "jobs", {"create", "delete", "patch"}},
    {"apps", "deployments", {"create", "delete", "patch"}},
    {"apps", "deployments/scale", {"patch"}},
    {"apps", "controllerrevisions", {"create", "delete", "patch"}},
    {"", "services", {"create", "delete", "patch"}},
    {"policy", "poddisruptionbudgets", {"create", "delete", "patch"}},
    {"gateway.networking.k8s.io", "httproutes", {"create", "delete", "patch"}},
    {"gateway.networking.k8s.io", "gateways", {"get"}},  // of the namespaces that parentRefs name
    {"gateway.networking.k8s.io", "gatewayclasses", {"get"}},
    {"", "persistentvolumeclaims", {"get"}},
    {"", "events", {"list"}},
    {"events.k8s.io", "events", {"create", "patch"}},
};

json::Value rule(const kube::Resource& of, std::vector<std::string> verbs, std::vector<std::string> names = {}) {
  json::Object out{{"apiGroups", json::Array{of.group}}, {"resources", json::Array{of.plural}}, {"verbs", verbs}};
  if (!names.empty()) out["resourceNames"] = names;
  return out;
}

}  // namespace

// A create knows no names: the right to make EndpointSlices is of the operator's own namespace. The Secret is made by the chart.
json::Value reports_rules() {
  const std::vector<std::string> name{"millrace-reports"};
  return json::Object{
      {"cluster", json::Array{rule(reports::kTokenReview, {"create"})}},
      {"own", json::Array{rule(reports::kSecret, {"get", "update"}, name), rule(kube::resources::kEndpointSlice, {"create"}),
                          rule(kube::resources::kEndpointSlice, {"patch"}, name)}}};
}

json::Value rbac_rules() {
  std::map<std::pair<std::string, std::string>, Verbs> all;
  for (const auto& controller : make_controllers({})) {
    for (const engine::Kind& kind : controller->watches()) {
      all[{std::string(kind.resource->group), std::string(kind.resource->plural)}].insert({"get", "list", "watch"});
    }
  }
  for (const Grant& grant : kGrants) {
    all[{std::string(grant.group), std::string(grant.resource)}].insert(grant.verbs.begin(), grant.verbs.end());
  }
  json::Array rules;
  for (const auto& [what, verbs] : all) {
    rules.emplace_back(json::Object{{"apiGroups", json::Array{what.first}},
                                    {"resources", json::Array{what.second}},
                                    {"verbs", std::vector<std::string>(verbs.begin(), verbs.end())}});
  }
  std::vector<std::string> crds;
  for (const kube::CrdTable& table : kinds()) crds.push_back(kube::crd_name(*table.resource));
  rules.emplace_back(json::Object{{"apiGroups", json::Array{kube::resources::kCrd.group}},
                                  {"resources", json::Array{kube::resources::kCrd.plural}},
                                  {"resourceNames", crds},
                                  {"verbs", json::Array{"get"}}});
  return json::Object{{"rules", std::move(rules)}};
}

}  // namespace millrace::app
