#include "inference_service/observe.h"

#include <algorithm>

#include "inference_service/entry.h"
#include "inference_service/route.h"
#include "inference_service/routers/gateway_api/hostnames.h"
#include "kube/model/children.h"
#include "shared/labels.h"

namespace millrace::inference_service {
namespace {

All<kube::EndpointSlice> slices_of(const engine::World& world, const std::string& service) {
  return world.labelled<kube::EndpointSlice>("kubernetes.io/service-name", service);
}

}  // namespace

std::optional<Observed> observe(const engine::World& world, const kube::ObjectKey& key) {
  const auto service = world.get<InferenceService>(key.name);
  if (!service) return std::nullopt;
  Observed out{.now = world.now(), .service = *service, .refusals = world.refusals(), .facts = world.facts()};
  out.versions = world.grouped<model_version::ModelVersion>(service->spec.model);
  if (const std::string& pinned = service->spec.version.name; !pinned.empty()) {
    auto version = world.get<model_version::ModelVersion>(pinned);
    if (version && version->spec.model != service->spec.model) out.versions.push_back(std::move(version));
  }
  const std::string& uid = service->meta.uid;
  out.deployments = world.owned<kube::Deployment>(uid);
  out.revisions = world.owned<kube::ControllerRevision>(uid);
  out.budgets = world.owned<kube::PodDisruptionBudget>(uid);
  out.services = world.owned<kube::Service>(uid);
  out.pods = world.labelled<kube::Pod>(shared::kInferenceServiceLabel, kube::label_value(key.name));
  out.entry = entry_in_force(out.services);
  for (const auto& service : out.services) {
    auto& to = service->meta.label(shared::kRevisionLabel).empty() ? out.slices : out.backends;
    for (auto& slice : slices_of(world, service->meta.name)) to.push_back(std::move(slice));
  }
  // Who never asked for a Gateway does not read what the cluster knows of them.
  const auto is_backend = [](const auto& s) { return !s->meta.label(shared::kRevisionLabel).empty(); };
  const bool had_route = std::any_of(out.services.begin(), out.services.end(), is_backend);  // a wiped status does not say so
  const bool asked = had_route || service->spec.route.provider == Provider::GatewayAPI || service->status.provider == kGatewayApi;
  if (asked) out.gateway_installed = world.installed<kube::HttpRoute>();
  if (out.gateway_installed) {
    if (auto route = world.get<kube::HttpRoute>(route_name(*service));
        route && route->meta.controller() && route->meta.controller()->uid == uid) {
      out.route = std::move(route);
    }
  }
  if (claims_hostnames(service->spec)) out.neighbours = world.list<InferenceService>();
  return out;
}

}  // namespace millrace::inference_service
