// Where kinds merge: our own from their schema tables, built-in ones from one small table.
#include <algorithm>
#include <array>

#include "support/api_server/field_paths.h"

namespace millrace::sim {
namespace {

struct Row {
  std::string_view suffix;  // of the dotted member names
  std::string_view keys;    // "+" between; "=": a set
};
// Source: the x-kubernetes-list-type extensions of the published OpenAPI of Kubernetes 1.37; lists that are not here are atomic.
constexpr std::array kLists = std::to_array<Row>({
    {"metadata.ownerReferences", "uid"},
    {"metadata.finalizers", "="},
    {"status.conditions", "type"},
    {"spec.containers", "name"},
    {"spec.initContainers", "name"},
    {"spec.ephemeralContainers", "name"},
    {"spec.volumes", "name"},
    {"spec.imagePullSecrets", "name"},
    {"spec.topologySpreadConstraints", "topologyKey+whenUnsatisfiable"},
    {"spec.hostAliases", "ip"},
    {"spec.readinessGates", "="},
    {"ontainers.env", "name"},
    {"ontainers.ports", "containerPort+protocol"},
    {"ontainers.volumeMounts", "mountPath"},
    {"ontainers.volumeDevices", "devicePath"},
    {"spec.ports", "port+protocol"},
    {"endpoints.addresses", "="},
    {"successPolicy.rules", ""},
});
constexpr std::array kAtomicMaps = std::to_array<std::string_view>({
    "nodeSelector",
    "configMapKeyRef",
    "secretKeyRef",
    "fieldRef",
    "resourceFieldRef",
    "claimRef",
    "spec.selector",
    "labelSelector",
    "involvedObject",
    "regarding",
    "related",
    "targetRef",
    "nodeSelectorTerms",
});

bool ends_with_member(std::string_view names, std::string_view suffix) {
  if (!names.ends_with(suffix)) return false;
  const bool whole = names.size() == suffix.size();
  return whole || suffix.starts_with("ontainers") || names[names.size() - suffix.size() - 1] == '.';
}

ListRule rule_of(std::string_view keys) {
  if (keys.empty()) return {};
  if (keys == "=") return {.type = ListRule::Type::Set};
  ListRule rule{.type = ListRule::Type::Map};
  for (std::size_t from = 0; from <= keys.size();) {
    const auto to = std::min(keys.find('+', from), keys.size());
    rule.keys.emplace_back(keys.substr(from, to - from));
    from = to + 1;
  }
  return rule;
}

}  // namespace

Shape Shape::built_in(bool atomic_data) {
  Shape shape;
  shape.atomic_data_ = atomic_data;
  shape.built_in_ = true;
  return shape;
}

Shape Shape::of(const json::Schema& schema) {
  Shape shape;
  shape.learn(schema, "");
  return shape;
}

void Shape::learn(const json::Schema& schema, const std::string& prefix) {
  for (const auto& field : schema.fields) {
    const std::string names = prefix.empty() ? std::string(field.name) : prefix + "." + std::string(field.name);
    const json::Codec* codec = field.codec;
    while (codec->element != nullptr) {
      if (codec->kind == json::Codec::Kind::List) lists_[names] = rule_of(field.limits.list_key);
      codec = codec->element;
    }
    if (codec->schema != nullptr) learn(*codec->schema, names);
  }
}

ListRule Shape::list(std::string_view names) const {
  if (names == "metadata.ownerReferences") return rule_of("uid");
  if (names == "metadata.finalizers") return rule_of("=");
  if (!built_in_) {
    const auto hit = lists_.find(names);
    return hit == lists_.end() ? ListRule{} : hit->second;
  }
  const auto hit = std::ranges::find_if(kLists, [&](const Row& row) { return ends_with_member(names, row.suffix); });
  return hit == kLists.end() ? ListRule{} : rule_of(hit->keys);
}

bool Shape::atomic_map(std::string_view names) const {
  if (!built_in_) return false;
  return (atomic_data_ && names == "data") ||
         std::ranges::any_of(kAtomicMaps, [&](std::string_view suffix) { return ends_with_member(names, suffix); });
}

}  // namespace millrace::sim
