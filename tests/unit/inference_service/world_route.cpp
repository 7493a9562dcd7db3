// The HTTPRoute in the small cluster, its Gateway, and an API server that refuses.
#include "inference_service/revision.h"
#include "inference_service/routers/gateway_api/http_route.h"
#include "json/codec.h"
#include "unit/inference_service/world.h"

namespace millrace::inference_service {
namespace {

kube::Condition told(std::string type, bool holds, std::string message = {}) {
  return {.type = std::move(type), .status = holds ? "True" : "False", .reason = "Test", .message = std::move(message)};
}

}  // namespace

bool World::store_route(const plan::Child& child) {
  auto next = std::make_shared<kube::HttpRoute>();
  next->meta = seen.route ? seen.route->meta : meta_of(child);
  next->spec = json::decode<kube::HttpRoute>(child.desired).value().spec;
  next->meta.annotations = strings(child.desired.at({"metadata", "annotations"}));
  if (seen.route && seen.route->spec == next->spec && seen.route->meta.annotations == next->meta.annotations) return false;
  const bool same = seen.route && route_facts(seen).parts->gateway == parts_in(child).gateway && seen.route->spec == next->spec;
  next->status = seen.route ? seen.route->status : kube::HttpRouteStatus{};
  next->meta.generation += same ? 0 : 1;
  seen.route = next;
  return true;
}

Parts World::parts_in(const plan::Child& route) {
  return json::decode<Parts>(json::parse(route.desired.text_at({"metadata", "annotations", kPartsAnnotation})).value()).value();
}

// A write that the API server refuses changes nothing, and nothing is deleted in its pass.
bool World::is_refused(const plan::Child& child) {
  std::erase_if(seen.refusals, [&](const plan::Refusal& r) { return r.kind == child.kind && r.name == child.name; });
  const std::string why = server_refuses ? server_refuses(child) : std::string();
  if (why.empty()) return false;
  seen.refusals.push_back({.verb = plan::Refusal::Verb::Apply,
                           .kind = child.kind,
                           .name = child.name,
                           .code = 422,
                           .reason = "Invalid",
                           .message = why,
                           .at = seen.now});
  return true;
}

// The Gateway "gw" takes, or refuses, the route as it stands.
bool World::gateway() {
  if (!seen.route || !gateway_answers) return false;
  const auto parents = route_facts(seen).parts->gateway.parent_refs;
  if (std::none_of(parents.begin(), parents.end(), [](const ParentRef& p) { return p.name == "gw"; })) return false;
  auto next = std::make_shared<kube::HttpRoute>(*seen.route);
  const auto colon = gateway_refuses.find(": ");
  const bool takes = gateway_refuses.empty();
  kube::Condition accepted = told("Accepted", takes, takes ? "" : gateway_refuses.substr(colon + 2));
  if (!takes) accepted.reason = gateway_refuses.substr(0, colon);
  kube::Condition resolved = told("ResolvedRefs", true);
  accepted.observed_generation = resolved.observed_generation = next->meta.generation;
  next->status.parents = {{.parent = {.ns = "infra", .name = "gw"}, .conditions = {accepted, resolved}}};
  if (next->status == seen.route->status) return false;
  seen.route = next;
  return true;
}

std::string World::route() const {
  if (!seen.route) return "absent";
  std::string out;
  for (const kube::BackendRef& b : seen.route->spec.rules.front().backends) {
    std::string version = b.name;
    for (const auto& r : seen.revisions) {
      if (b.name.ends_with(r->meta.label(shared::kRevisionLabel))) version = version_of(*r);
    }
    out += (out.empty() ? "" : " ") + version + "=" + std::to_string(b.weight);
  }
  return out;
}

// A weight needs a Service that is there; together they are 100.
void World::judge_route() {
  if (!seen.route) return;
  std::int64_t sum = 0;
  for (const kube::BackendRef& b : seen.route->spec.rules.front().backends) {
    sum += b.weight;
    if (b.weight > 0 && !find(seen.services, b.name)) wrong.push_back("weight on " + b.name + ", which is not there");
  }
  if (sum != 100) wrong.push_back("weights add up to " + std::to_string(sum));
}

}  // namespace millrace::inference_service
