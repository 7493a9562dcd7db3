// Observed: everything a pass knows of one InferenceService. A value read from caches; `now` is a field of it.
#pragma once

#include <memory>
#include <vector>

#include "core/time.h"
#include "inference_service/api/inference_service.h"
#include "kube/model/gateway.h"
#include "kube/model/workloads.h"
#include "model_version/api/model_version.h"
#include "plan/plan.h"

namespace millrace::inference_service {

template <class K>
using All = std::vector<std::shared_ptr<const K>>;

struct Observed {
  core::Instant now{};
  InferenceService service{};
  All<model_version::ModelVersion> versions{};     // of the model, and the pinned one
  All<kube::Deployment> deployments{};             // ours, by name
  All<kube::ControllerRevision> revisions{};       // ours, by name
  All<kube::PodDisruptionBudget> budgets{};        // ours, by name
  All<kube::Pod> pods{};                           // of all revisions
  std::shared_ptr<const kube::Service> entry{};    // the one in force (entry.h); nullptr: not there, or not managed by us
  All<kube::Service> services{};                   // ours, by name: entries, backends of the route
  All<kube::EndpointSlice> slices{};               // of the entries
  All<kube::EndpointSlice> backends{};             // of the route's backends
  std::shared_ptr<const kube::HttpRoute> route{};  // ours; nullptr: not there
  bool gateway_installed = false;                  // the cluster knows HTTPRoutes
  All<InferenceService> neighbours{};              // of the namespace, where this one claims host names of a Gateway
  std::vector<plan::Refusal> refusals{};
  std::vector<plan::Fact> facts{};
};

std::string entry_name(const InferenceService& service);                                // as the spec wants it
std::string child_name_of(const InferenceService& service, std::string_view revision);  // "<name>-<revision>"

}  // namespace millrace::inference_service
