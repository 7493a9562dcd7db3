// The kinds that the simulated API server serves: what each one defaults, prunes, validates, merges and keeps immutable.
// Our own kinds come from their schema tables (the C++ twins stand in for CEL), built-in ones from one small table.
// Thread contract: constants.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "kube/model/resource.h"
#include "support/api_server/field_paths.h"

namespace millrace::sim {

inline constexpr kube::Resource kNamespace{"", "v1", "Namespace", "namespaces", false};
inline constexpr kube::Resource kSecret{"", "v1", "Secret", "secrets"};

struct KindRules {
  const kube::Resource* resource = nullptr;
  Shape shape{};
  bool add_on = false;  // of a group that a cluster may lack: ApiServer::uninstall
  bool custom = false;  // a CRD: quantities kept as written, metadata.resourceVersion needed for PUT
  bool has_status = false, has_scale = false;
  bool generation = true;                                  // metadata.generation counts edits of anything but metadata and status
  bool counts_annotations = false;                         // edits of annotations move the generation too (Deployments)
  bool orphans_by_default = false;                         // DELETE without a policy leaves the dependents (batch/v1)
  bool name_is_label = false;                              // of at most 63 characters, without dots (Services)
  bool graceful = false;                                   // a scheduled object goes only when its kubelet says so
  std::vector<std::vector<std::string_view>> immutable{};  // paths of members that no update may change
  void (*fill)(json::Value& object) = nullptr;             // defaults; unknown fields of custom kinds pruned
  // What the schema refuses, one sentence each; `before` is nullptr on create.
  std::vector<std::string> (*refuse)(const json::Value* before, const json::Value& after) = nullptr;
};

const std::vector<KindRules>& all_kinds();
const KindRules* find_kind(std::string_view group, std::string_view version, std::string_view plural);
const KindRules& rules_of(const kube::Resource& resource);

}  // namespace millrace::sim
