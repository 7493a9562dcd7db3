// Builders and judgements of child objects: metadata of a child, the applied hash, covers().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "json/value.h"
#include "kube/model/meta.h"

namespace millrace::kube {

inline constexpr std::string_view kManagedByLabel = "app.kubernetes.io/managed-by";
inline constexpr std::string_view kManagedBy = "millrace";
inline constexpr std::string_view kFieldManager = "millrace";
inline constexpr std::string_view kAppliedAnnotation = "millrace.dev/applied";

// A value fit for a label: at most 63 characters of the label alphabet; longer or foreign text becomes its first 40 fitting
// characters, "-" and 12 hex digits of its sha256 (D19).
std::string label_value(std::string_view text);

// A child's name: `wanted` when it has at most `limit` characters, else its head, "-" and 10 hex digits derived from the parent's uid and
// `wanted`.
std::string child_name(std::string_view wanted, std::string_view parent_uid, std::size_t limit = 63);

// {"apiVersion", "kind", "metadata": {name, namespace, labels (+ managed-by), annotations, ownerReferences: [controller,
// blockOwnerDeletion: false]}}
struct Parent {
  const Resource* resource = nullptr;
  ObjectMeta meta{};
};
json::Object child_object(const Resource& kind, const Parent& parent, std::string_view name, json::StringMap labels,
                          json::StringMap annotations = {});

// What annotation millrace.dev/applied says of an object: the hash of what was desired, without that annotation.
std::string applied_hash(const json::Value& desired);
// The desired object with its annotation.
json::Value with_applied_hash(json::Value desired);

// True when every member of `desired` is in `live` with the same value: objects by member, lists by the merge key of their field
// (name, mountPath, port…; atomic otherwise), absent = null = empty, quantities under requests/limits/sizeLimit/storage by value.
// apiVersion, kind, status and metadata beyond labels, annotations, ownerReferences (by uid) and finalizers are not judged. (D8)
bool covers(const json::Value& live, const json::Value& desired);

// The first path where covers() fails with both values, for messages: "spec.template.spec.containers[model].image: \"a\" instead of \"b\"".
std::string first_difference(const json::Value& live, const json::Value& desired);

}  // namespace millrace::kube
