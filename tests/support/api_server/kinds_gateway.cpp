// The Gateway API's kinds, as far as our routes meet them: defaults and bounds of their CRDs. All lists are atomic.
// Source: sigs.k8s.io/gateway-api config/crd/standard, v1.4.
#include "kube/model/gateway.h"

#include "support/api_server/custom_kind.h"

namespace millrace::sim {
namespace {

using json::Array;
using json::Object;
using json::Value;

void unless_set(Object& o, std::string_view name, Value value) {
  if (o.find(name) == nullptr) o[name] = std::move(value);
}

template <class F>
void each(Object& o, std::string_view list, F body) {
  Value* v = o.find(list);
  if (v == nullptr || v->array() == nullptr) return;
  for (Value& item : *v->array()) {
    if (item.object() != nullptr) body(*item.object());
  }
}

Object everything() { return {{"type", "PathPrefix"}, {"value", "/"}}; }

void fill_backend(Object& ref) {
  unless_set(ref, "group", "");
  unless_set(ref, "kind", "Service");
  unless_set(ref, "weight", 1);
}

void fill_match(Object& match) {
  unless_set(match, "path", everything());
  if (Object* path = match["path"].object()) {
    unless_set(*path, "type", "PathPrefix");
    unless_set(*path, "value", "/");
  }
  for (const char* list : {"headers", "queryParams"}) each(match, list, [](Object& one) { unless_set(one, "type", "Exact"); });
}

void fill_filter(Object& filter) {
  if (Value* redirect = filter.find("requestRedirect"); redirect != nullptr && redirect->object() != nullptr) {
    unless_set(*redirect->object(), "statusCode", 302);
  }
  Value* mirror = filter.find("requestMirror");
  Value* to = mirror == nullptr || mirror->object() == nullptr ? nullptr : mirror->object()->find("backendRef");
  if (to == nullptr || to->object() == nullptr) return;
  unless_set(*to->object(), "group", "");
  unless_set(*to->object(), "kind", "Service");
  Value* part = mirror->object()->find("fraction");
  if (part != nullptr && part->object() != nullptr) unless_set(*part->object(), "denominator", 100);
}

void fill_rule(Object& rule) {
  unless_set(rule, "matches", Array{Object{{"path", everything()}}});
  each(rule, "matches", fill_match);
  each(rule, "filters", fill_filter);
  each(rule, "backendRefs", fill_backend);
}

void fill_route(Value& object) {
  Value& spec = (*object.object())["spec"];
  if (spec.object() == nullptr) return;
  unless_set(*spec.object(), "rules", Array{Object{}});
  each(*spec.object(), "rules", fill_rule);
  each(*spec.object(), "parentRefs", [](Object& parent) {
    unless_set(parent, "group", kube::resources::kGateway.group);
    unless_set(parent, "kind", kube::resources::kGateway.kind);
  });
}

std::vector<std::string> refuse_route(const Value*, const Value& object) {
  std::vector<std::string> out;
  const auto route = json::decode<kube::HttpRoute>(object);
  if (!route) return {route.error().message};
  if (route->spec.rules.size() > 16) out.emplace_back("spec.rules: Too many: must have at most 16 items");
  for (const kube::HttpRouteRule& rule : route->spec.rules) {
    if (rule.backends.size() > 16) out.emplace_back("spec.rules[].backendRefs: Too many: must have at most 16 items");
    for (const kube::BackendRef& backend : rule.backends) {
      if (backend.weight < 0 || backend.weight > 1'000'000) out.emplace_back("spec.rules[].backendRefs[].weight: Invalid value");
    }
  }
  return out;
}

}  // namespace

std::vector<KindRules> gateway_kinds() {
  std::vector<KindRules> out;
  for (const auto* resource : {&kube::resources::kHttpRoute, &kube::resources::kGateway, &kube::resources::kGatewayClass}) {
    out.push_back({.resource = resource, .add_on = true, .custom = true, .has_status = true});
  }
  out.front().fill = fill_route;
  out.front().refuse = refuse_route;
  return out;
}

}  // namespace millrace::sim
