#include "inference_service/routers/gateway_api/http_route.h"

#include <algorithm>

#include "inference_service/route.h"
#include "inference_service/routers/gateway_api/hostnames.h"
#include "inference_service/runtimes/runtime.h"
#include "inference_service/template.h"
#include "json/codec.h"
#include "kube/model/children.h"
#include "shared/annotation.h"
#include "shared/labels.h"

namespace millrace::inference_service {
namespace {

kube::Parent parent_of(const InferenceService& service) { return {&kube::resources::kInferenceService, service.meta}; }

json::Object labels_and_name(const InferenceService& service, const kube::Resource& kind, const std::string& name,
                             std::string_view component, json::StringMap more = {}, json::StringMap annotations = {}) {
  json::StringMap labels = shared::common_labels(service.meta.name, component);
  labels[std::string(shared::kInferenceServiceLabel)] = kube::label_value(service.meta.name);
  labels.merge(more);
  return kube::child_object(kind, parent_of(service), name, std::move(labels), std::move(annotations));
}

json::Array parsed(const std::vector<json::Text>& texts) {
  json::Array out;
  for (const json::Text& text : texts) {
    if (auto value = json::parse(text.bytes)) out.push_back(std::move(*value));
  }
  return out;
}

json::Object parent_ref(const ParentRef& ref) {
  json::Object out{{"group", "gateway.networking.k8s.io"}, {"kind", "Gateway"}, {"name", ref.name}};
  if (!ref.ns.empty()) out["namespace"] = ref.ns;
  if (!ref.section_name.empty()) out["sectionName"] = ref.section_name;
  if (ref.port != 0) out["port"] = ref.port;
  return out;
}

json::Object reference(const InferenceService& service, const std::string& revision) {
  return {{"group", ""}, {"kind", "Service"}, {"name", child_name_of(service, revision)}, {"port", kHttpPort}};
}

json::Object rule_of(const InferenceService& service, const Gateway& gateway, const Split& split) {
  json::Array backends, filters = parsed(gateway.filters), matches = parsed(gateway.matches);
  for (const Split::Backend& b : split.backends) {
    json::Object backend = reference(service, b.revision);
    backend["weight"] = b.weight;
    backends.push_back(std::move(backend));
  }
  if (!split.mirror.empty()) {
    const json::Object mirror{{"backendRef", reference(service, split.mirror)}, {"percent", split.mirrored}};
    filters.push_back(json::Object{{"type", "RequestMirror"}, {"requestMirror", mirror}});
  }
  // What the API server would fill in: a list that it completes would look like another one.
  if (matches.empty()) matches.push_back(json::Object{{"path", json::Object{{"type", "PathPrefix"}, {"value", "/"}}}});
  json::Object out{{"matches", std::move(matches)}, {"backendRefs", std::move(backends)}};
  if (!filters.empty()) out["filters"] = std::move(filters);
  if (auto timeouts = json::parse(gateway.timeouts.bytes); timeouts && timeouts->object()) out["timeouts"] = std::move(*timeouts);
  return out;
}

std::string name_of(const ParentRef& ref, const std::string& ns) {
  std::string out = "Gateway " + (ref.ns.empty() ? ns : ref.ns) + "/" + ref.name;
  if (!ref.section_name.empty()) out += " listener " + ref.section_name;
  return out;
}

bool same(const ParentRef& ref, const kube::ParentRef& told, const std::string& ns) {
  const std::string wanted = ref.ns.empty() ? ns : ref.ns, found = told.ns.empty() ? ns : told.ns;
  return ref.name == told.name && wanted == found && ref.section_name == told.section_name && ref.port == told.port;
}

// What one Gateway says of the route as it stands; an older word does not count.
void judge_parent(const kube::HttpRoute& route, const ParentRef& ref, RouteFacts& out) {
  const std::string who = name_of(ref, route.meta.ns);
  const auto& parents = route.status.parents;
  const auto told = std::find_if(parents.begin(), parents.end(), [&](const auto& p) { return same(ref, p.parent, route.meta.ns); });
  for (const char* type : {"Accepted", "ResolvedRefs"}) {
    const kube::Condition* said = told == parents.end() ? nullptr : kube::find(told->conditions, type);
    if (said != nullptr && said->observed_generation < route.meta.generation) said = nullptr;
    if (said != nullptr && said->status == "True") continue;
    // One that had taken the route and says nothing of it any more is gone.
    const bool gone = told == parents.end() && out.parts && out.parts->taken;
    out.unattached = out.unattached || gone || (said != nullptr && said->status == "False" && said->type == "Accepted");
    if (out.refused) return;
    out.current = false;
    out.refused = said != nullptr && said->status == "False";
    out.reason = out.refused ? said->reason : "Pending";
    out.message = out.refused ? who + " refuses the route: " + said->reason + ": " + said->message : who + " has not taken the route yet";
  }
}

constexpr json::Field kParts[] = {
    json::field<&Parts::gateway>("gateway", "As the spec had it."),
    json::field<&Parts::taken>("taken", "The Gateways have taken it."),
};

}  // namespace

constinit const json::Schema Parts::schema{.doc = "What the route carries of spec.route.gateway.", .fields = kParts};

std::string route_name(const InferenceService& service) { return service.meta.name + "-predict"; }

plan::Child http_route(const InferenceService& service, const Parts& parts, const Split& split) {
  const std::string name = route_name(service);
  const Gateway& gateway = parts.gateway;
  json::StringMap annotations{{std::string(kPartsAnnotation), json::dump(json::encode(parts))}};
  json::Object desired = labels_and_name(service, kube::resources::kHttpRoute, name, "route", {}, std::move(annotations));
  json::Array parents;
  for (const ParentRef& ref : gateway.parent_refs) parents.push_back(parent_ref(ref));
  json::Object spec{{"parentRefs", std::move(parents)}, {"rules", json::Array{rule_of(service, gateway, split)}}};
  if (!gateway.hostnames.empty()) spec["hostnames"] = gateway.hostnames;
  desired["spec"] = std::move(spec);
  return {.kind = &kube::resources::kHttpRoute, .name = name, .keep = plan::Keep::Living, .desired = std::move(desired)};
}

plan::Child backend_service(const InferenceService& service, const std::string& revision) {
  const std::string name = child_name_of(service, revision);
  json::Object desired =
      labels_and_name(service, kube::resources::kService, name, "backend", {{std::string(shared::kRevisionLabel), revision}});
  desired["spec"] = json::Object{{"type", "ClusterIP"}, {"selector", revision_labels(service, revision)}, {"ports", service_ports()}};
  return {.kind = &kube::resources::kService, .name = name, .keep = plan::Keep::Living, .desired = std::move(desired)};
}

RouteFacts route_facts(const Observed& seen) {
  RouteFacts out;
  const InferenceService& service = seen.service;
  if (!seen.gateway_installed && (service.spec.route.provider == Provider::GatewayAPI || by_gateway(service.status))) {
    out.refused = true;
    out.reason = kNotInstalled;
    out.message = "the cluster has no HTTPRoutes (gateway.networking.k8s.io/v1)";
  }
  const std::string taken = taken_hostname(seen);
  out.barred = !taken.empty();
  if (!seen.route && out.barred) {
    out.refused = true;
    out.reason = kHostnameTaken;
    out.message = taken;
  }
  if (!seen.route) return out;
  out.exists = true;
  const std::string head = seen.service.meta.name + "-";
  const auto revision_of = [&](const std::string& service) { return service.starts_with(head) ? service.substr(head.size()) : service; };
  for (const kube::HttpRouteRule& rule : seen.route->spec.rules) {
    for (const auto& backend : rule.backends) out.weights[revision_of(backend.name)] = backend.weight;
    for (const auto& filter : rule.filters) {
      // A user's own mirror may bear a name that begins as ours do.
      const std::string mirror = filter.mirror ? revision_of(filter.mirror->backend.name) : std::string();
      const auto is_ours = [&](const auto& frozen) { return frozen->meta.label(shared::kRevisionLabel) == mirror; };
      if (!mirror.empty() && std::any_of(seen.revisions.begin(), seen.revisions.end(), is_ours)) out.mirror = mirror;
    }
  }
  out.current = true;
  out.parts = shared::read_annotation<Parts>(seen.route->meta, kPartsAnnotation);
  const Gateway gateway = out.parts ? out.parts->gateway : service.spec.route.gateway.value_or(Gateway{});
  for (const ParentRef& ref : gateway.parent_refs) judge_parent(*seen.route, ref, out);
  return out;
}

}  // namespace millrace::inference_service
