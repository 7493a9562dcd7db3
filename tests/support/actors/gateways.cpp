// A gateway controller: says of each HTTPRoute what it made of it, for each parent that is a Gateway of the cluster, some time after
// the route changed. Services that come or go change what is said at once. Source: Gateway API v1.4, HTTPRoute status.
#include <algorithm>

#include "kube/model/gateway.h"
#include "support/actors/cluster.h"

namespace millrace::sim {
namespace {

using json::Array;
using json::Object;
using json::Value;

constexpr const char* kController = "millrace.dev/simulated-gateway";
constexpr std::chrono::seconds kDelay{2};

core::Instant due(const Stored& route) {
  core::Instant changed{};
  for (const ManagedEntry& entry : route.managed) {
    if (entry.subresource.empty()) changed = std::max(changed, entry.time);
  }
  return changed + kDelay;
}

const Value* parents_of(const Value& route) { return route.at({"status", "parents"}); }

// What was said of this parent before; its condition keeps its time while it says the same.
const Value* before_of(const Value& route, const Value& parent) {
  const Value* all = parents_of(route);
  if (all == nullptr) return nullptr;
  const auto hit = std::ranges::find_if(*all->array(), [&](const Value& p) { return *p.at({"parentRef"}) == parent; });
  return hit == all->array()->end() ? nullptr : &*hit;
}

bool is_missing(const ApiServer& server, const std::string& ns, const Value& ref) {
  return server.find(kube::resources::kService, ns, ref.text_at({"name"})) == nullptr;
}

std::string missing_backend(const ApiServer& server, const Value& route) {
  const std::string ns = route.text_at({"metadata", "namespace"});
  for (const Value& rule : *route.at({"spec", "rules"})->array()) {
    const Value* refs = rule.at({"backendRefs"});
    if (refs == nullptr) continue;
    const auto hit = std::ranges::find_if(*refs->array(), [&](const Value& ref) { return is_missing(server, ns, ref); });
    if (hit != refs->array()->end()) return hit->text_at({"name"});
  }
  return "";
}

// Of the route's own namespace, or one that lets routes of all in.
bool lets_in(const Value& gateway, const std::string& ns) {
  if (gateway.text_at({"metadata", "namespace"}) == ns) return true;
  const Value* listeners = gateway.at({"spec", "listeners"});
  return listeners != nullptr && std::ranges::any_of(*listeners->array(), [](const Value& listener) {
           return listener.text_at({"allowedRoutes", "namespaces", "from"}) == "All";
         });
}

Value condition(const Value* before, std::string type, bool is, std::string reason, std::string message, const Value& route,
                core::Instant now) {
  const std::string status = is ? "True" : "False";
  std::string since = core::to_rfc3339(now);
  const Value* all = before == nullptr ? nullptr : before->at({"conditions"});
  for (const Value& c : all == nullptr ? Array{} : *all->array()) {
    if (c.text_at({"type"}) == type && c.text_at({"status"}) == status) since = c.text_at({"lastTransitionTime"});
  }
  return Object{{"type", std::move(type)},     {"status", status},
                {"reason", std::move(reason)}, {"message", std::move(message)},
                {"lastTransitionTime", since}, {"observedGeneration", *route.at({"metadata", "generation"})}};
}

Array said_of(const ApiServer& server, const Value& route, core::Instant now) {
  Array out;
  const std::string ns = route.text_at({"metadata", "namespace"}), missing = missing_backend(server, route);
  const Value* parents = route.at({"spec", "parentRefs"});
  for (const Value& parent : parents == nullptr ? Array{} : *parents->array()) {
    const std::string named = parent.text_at({"namespace"});
    const Value* gateway = server.find(kube::resources::kGateway, named.empty() ? ns : named, parent.text_at({"name"}));
    if (gateway == nullptr) continue;  // nobody answers for it
    const Value* before = before_of(route, parent);
    const bool in = lets_in(*gateway, ns), found = missing.empty();
    const std::string why = found ? "" : "Service " + missing + " not found";
    out.emplace_back(Object{
        {"parentRef", parent},
        {"controllerName", kController},
        {"conditions", Array{condition(before, "Accepted", in, in ? "Accepted" : "NotAllowedByListeners", "", route, now),
                             condition(before, "ResolvedRefs", found, found ? "ResolvedRefs" : "BackendNotFound", why, route, now)}}});
  }
  return out;
}

}  // namespace

bool run_gateways(ApiServer& server, core::Instant now) {
  bool did = false;
  const Store::Objects routes = server.store().objects(rules_of(kube::resources::kHttpRoute));
  for (const auto& [key, route] : routes) {
    if (now < due(*route)) continue;
    const Value said = said_of(server, route->object, now);
    const Value* is = parents_of(route->object);
    if (is == nullptr ? said.array()->empty() : *is == said) continue;
    server.put_status_as("gateway", kube::resources::kHttpRoute, key.ns, key.name, Object{{"parents", said}}, now);
    did = true;
  }
  return did;
}

std::optional<core::Instant> next_of_gateways(const ApiServer& server, core::Instant now) {
  std::optional<core::Instant> out;
  for (const auto& [key, route] : server.store().objects(rules_of(kube::resources::kHttpRoute))) {
    const core::Instant at = due(*route);
    if (at > now) out = std::min(out.value_or(at), at);
  }
  return out;
}

}  // namespace millrace::sim
