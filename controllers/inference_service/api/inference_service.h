// InferenceService: serve one model behind one entry, change versions safely, take back what fails.
// docs/api says what the fields mean; docs/rollouts.md tells the story. Source: D3, D15–D17, D21, D30 of docs/decisions.md.
#pragma once

#include <string>
#include <string_view>

#include "inference_service/api/spec.h"
#include "inference_service/api/status.h"
#include "kube/model/meta.h"

namespace millrace::inference_service {

struct InferenceService {
  kube::ObjectMeta meta{};
  Spec spec{};
  Status status{};
  static constexpr const kube::Resource& kResource = kube::resources::kInferenceService;
  static const json::Schema schema;
  std::string_view group() const { return spec.model; }  // World::grouped
  bool operator==(const InferenceService&) const = default;
};

// Says whether this service follows the version: Latest of its model, or pinned to its name. For the ModelVersion's Settled (D6).
bool follows(const InferenceService& service, std::string_view model, std::string_view version);

// The version that gates compare with (D24): the stable one, else the last good one; "": none yet.
std::string champion_of(const Status& status);

}  // namespace millrace::inference_service
