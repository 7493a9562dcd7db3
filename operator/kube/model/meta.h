// ObjectMeta: the facts of metadata that planners need; ObjectKey: namespace and name.
// managedFields and last-applied-configuration are never kept.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "json/schema.h"
#include "json/value.h"
#include "kube/model/resource.h"

namespace millrace::kube {

struct ObjectKey {
  std::string ns{}, name{};
  auto operator<=>(const ObjectKey&) const = default;
};
std::string to_text(const ObjectKey& key);  // "ns/name"

struct OwnerReference {
  std::string api_version{}, kind{}, name{}, uid{};
  bool controller = false;
  bool operator==(const OwnerReference&) const = default;
  static const json::Schema schema;
};

struct ObjectMeta {
  std::string name{}, ns{}, uid{}, resource_version{};
  std::int64_t generation = 0;
  json::StringMap labels{}, annotations{};
  std::vector<OwnerReference> owners{};
  std::vector<std::string> finalizers{};
  core::Instant created{};
  std::optional<core::Instant> deletion{};
  bool operator==(const ObjectMeta&) const = default;

  bool deleting() const { return deletion.has_value(); }
  ObjectKey key() const { return {ns, name}; }
  std::string label(std::string_view name) const;       // "" when absent
  std::string annotation(std::string_view name) const;  // "" when absent
  const OwnerReference* controller() const;             // the owner with controller: true
  bool controlled_by(std::string_view uid) const;
  static const json::Schema schema;
};

// resourceVersions compared as decimal integers of any length (KEP-5504): <0, 0, >0.
int compare_versions(std::string_view a, std::string_view b);

}  // namespace millrace::kube
