// InferenceService: serve one model behind one entry, change versions safely, take back what fails.
// docs/api says what the fields mean; docs/rollouts.md tells the story. Source: D3, D15–D17, D21, D30 of docs/decisions.md.
#pragma once

#include <string>
#include <string_view>

#include "inference_service/api/spec.h"
#include "inference_service/api/status.h"
#include "kube/model/meta.h"

namespace millrace::inference_service {

// What the versions of its model may know of a service: nothing else of it wakes them.
struct Standing {
  std::string name{};
  bool deleting = false;
  bool known = false;  // its status says something
  VersionChoice choice{};
  std::string stable{}, canary{};  // versions; "": none
  std::string champion{};          // that gates compare with (D24): the stable one, else the last good one; "": none yet
  std::optional<GoodStatus> last_good{};
  std::vector<RefusedStatus> refused{};
  std::optional<RollbackStatus> rollback{};
  bool operator==(const Standing&) const = default;
};

struct InferenceService {
  kube::ObjectMeta meta{};
  Spec spec{};
  Status status{};
  static constexpr const kube::Resource& kResource = kube::resources::kInferenceService;
  static const json::Schema schema;
  std::string_view group() const { return spec.model; }  // World::grouped
  Standing in_group() const;
  bool operator==(const InferenceService&) const = default;
};

// Says whether this service follows a version of its model: Latest, or pinned to its name. For the ModelVersion's Settled (D6).
bool follows(const Standing& service, std::string_view version);

// The version that gates compare with (D24): the stable one, else the last good one; "": none yet.
std::string champion_of(const Status& status);

}  // namespace millrace::inference_service
