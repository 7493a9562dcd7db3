#include "kube/model/children.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/hash.h"

namespace millrace::kube {
namespace {

constexpr std::size_t kLongestLabel = 63, kLabelHead = 40, kLabelHash = 12, kNameHash = 10;

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool fits_label(char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; }

bool is_label_value(std::string_view text) {
  if (text.empty()) return true;
  return text.size() <= kLongestLabel && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(), fits_label);
}

json::Object owner_of(const Parent& parent) {
  MILLRACE_CHECK(parent.resource != nullptr && !parent.meta.uid.empty());
  return json::Object{{"apiVersion", api_version(*parent.resource)},
                      {"kind", parent.resource->kind},
                      {"name", parent.meta.name},
                      {"uid", parent.meta.uid},
                      {"controller", true},
                      {"blockOwnerDeletion", false}};
}

}  // namespace

std::string label_value(std::string_view text) {
  if (is_label_value(text)) return std::string(text);
  std::string head;
  for (const char c : text) {
    if (head.size() == kLabelHead) break;
    if (head.empty() ? is_alphanumeric(c) : fits_label(c)) head += c;
  }
  if (!head.empty()) head += '-';
  return head + core::sha256_hex(text).substr(0, kLabelHash);
}

std::string child_name(std::string_view wanted, std::string_view parent_uid, std::size_t limit) {
  MILLRACE_CHECK(limit > kNameHash + 1);
  if (wanted.size() <= limit) return std::string(wanted);
  std::string head(wanted.substr(0, limit - kNameHash - 1));
  while (!head.empty() && !is_alphanumeric(head.back())) head.pop_back();
  return head + "-" + core::sha256_hex(std::string(parent_uid) + "/" + std::string(wanted)).substr(0, kNameHash);
}

json::Object child_object(const Resource& kind, const Parent& parent, std::string_view name, json::StringMap labels,
                          json::StringMap annotations) {
  labels.insert_or_assign(std::string(kManagedByLabel), std::string(kManagedBy));
  json::Object metadata{
      {"name", name}, {"namespace", parent.meta.ns}, {"labels", labels}, {"ownerReferences", json::Array{owner_of(parent)}}};
  if (!annotations.empty()) metadata["annotations"] = annotations;
  return json::Object{{"apiVersion", api_version(kind)}, {"kind", kind.kind}, {"metadata", std::move(metadata)}};
}

std::string applied_hash(const json::Value& desired) {
  // Most have no annotations, and are hashed as they stand.
  if (desired.at({"metadata"}) != nullptr && desired.at({"metadata", "annotations"}) == nullptr) return json::hash(desired);
  return with_applied_hash(desired).text_at({"metadata", "annotations", kAppliedAnnotation});
}

json::Value with_applied_hash(json::Value desired) {
  json::Object* root = desired.object();
  MILLRACE_CHECK(root != nullptr);
  json::Value& metadata = (*root)["metadata"];
  if (metadata.is_null()) metadata = json::Object{};
  MILLRACE_CHECK(metadata.object() != nullptr);
  json::Value annotations = json::Object{};
  if (const json::Value* given = metadata.object()->find("annotations"); given && given->object()) annotations = *given;
  annotations.object()->erase(kAppliedAnnotation);
  // Without annotations of its own the object hashes the same as one that never had the member.
  metadata.object()->erase("annotations");
  if (!annotations.object()->empty()) (*metadata.object())["annotations"] = annotations;
  (*annotations.object())[kAppliedAnnotation] = json::hash(desired);
  (*(*root)["metadata"].object())["annotations"] = std::move(annotations);
  return desired;
}

}  // namespace millrace::kube
