#include "support/actors/cluster.h"

#include <algorithm>

namespace millrace::sim {

using json::Object;
using json::Value;

bool act(ApiServer& server, const Script& script, core::Instant now) {
  bool did = false;
  for (bool more = true; more; did = did || more) {
    more = server.collect_garbage(now);
    more = run_jobs(server, now) || more;
    more = run_deployments(server, now) || more;
    more = run_kubelet(server, script, now) || more;
    more = run_endpoints(server, now) || more;
    more = run_gateways(server, now) || more;
  }
  return did;
}

std::optional<core::Instant> next_change(const ApiServer& server, const Script& script, core::Instant now) {
  std::optional<core::Instant> out = next_of_gateways(server, now);
  for (const auto* pod : server.list(kube::resources::kPod)) {
    if (ended(*pod)) continue;
    const auto next = pod_state(*pod, script, now).next;
    if (next && (!out || *next < *out)) out = next;
  }
  return out;
}

bool owned_by(const Value& object, std::string_view uid) {
  const Value* owners = object.at({"metadata", "ownerReferences"});
  if (owners == nullptr || owners->array() == nullptr) return false;
  return std::ranges::any_of(*owners->array(), [&](const Value& o) { return o.text_at({"uid"}) == uid; });
}

bool deleting(const Value& object) { return object.at({"metadata", "deletionTimestamp"}) != nullptr; }

bool condition_true(const Value& object, std::string_view type) {
  const Value* conditions = object.at({"status", "conditions"});
  if (conditions == nullptr || conditions->array() == nullptr) return false;
  return std::ranges::any_of(*conditions->array(),
                             [&](const Value& c) { return c.text_at({"type"}) == type && c.text_at({"status"}) == "True"; });
}

// The pod of a template, placed on a node: the scheduler is no actor of its own.
Value pod_from(const Value& parent, std::string name, Object more_labels) {
  const Value* pod_template = parent.at({"spec", "template"});
  Object labels, annotations;
  if (const Value* l = pod_template->at({"metadata", "labels"})) labels = *l->object();
  if (const Value* a = pod_template->at({"metadata", "annotations"})) annotations = *a->object();
  for (auto& [key, value] : more_labels.members()) labels[key] = std::move(value);
  Value spec = *pod_template->at({"spec"});
  (*spec.object())["nodeName"] = "node1";
  const Object owner{{"apiVersion", parent.text_at({"apiVersion"})},
                     {"kind", parent.text_at({"kind"})},
                     {"name", parent.text_at({"metadata", "name"})},
                     {"uid", parent.text_at({"metadata", "uid"})},
                     {"controller", true},
                     {"blockOwnerDeletion", true}};
  Object meta{{"name", std::move(name)},
              {"namespace", parent.text_at({"metadata", "namespace"})},
              {"labels", std::move(labels)},
              {"ownerReferences", json::Array{owner}}};
  if (!annotations.empty()) meta["annotations"] = std::move(annotations);
  return Object{{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", std::move(meta)}, {"spec", std::move(spec)}};
}

}  // namespace millrace::sim
