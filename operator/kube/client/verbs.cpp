#include "kube/client/verbs.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/percent.h"
#include "kube/model/children.h"

namespace millrace::kube::verbs {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kMergePatch = "application/merge-patch+json";
constexpr std::string_view kApplyPatch = "application/apply-patch+yaml";  // JSON is YAML

class Path {
 public:
  explicit Path(std::string path) : text_(std::move(path)) {}
  Path& with(std::string_view name, std::string_view value) {
    text_ += first_ ? '?' : '&';
    first_ = false;
    text_ += name;
    text_ += '=';
    text_ += core::percent_encoded(value);
    return *this;
  }
  Path& with_some(std::string_view name, std::string_view value) { return value.empty() ? *this : with(name, value); }
  std::string text() const { return text_; }

 private:
  std::string text_;
  bool first_ = true;
};

Path collection(const Resource& kind, const Selection& of) {
  Path path(collection_path(kind, of.ns));
  path.with_some("labelSelector", of.label_selector).with_some("fieldSelector", of.field_selector);
  return path;
}

// JSON in the spelling of Go's encoder. The server keeps `data` of a ControllerRevision as the bytes that were sent and spells them anew
// at the next patch: in another spelling they have changed for it, and what is immutable is refused for ever.
std::string go_spelling(std::string_view text) {
  static constexpr std::pair<std::string_view, std::string_view> kEscapes[] = {
      {"&", "\\u0026"}, {"<", "\\u003c"}, {">", "\\u003e"}, {"\xe2\x80\xa8", "\\u2028"}, {"\xe2\x80\xa9", "\\u2029"}};
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto* escape =
        std::find_if(std::begin(kEscapes), std::end(kEscapes), [&](const auto& e) { return text.substr(at).starts_with(e.first); });
    const bool found = escape != std::end(kEscapes);
    out += found ? escape->second : text.substr(at, 1);
    at += found ? escape->first.size() : 1;
  }
  return out;
}

Request write(std::string method, Path path, const json::Value& body, std::string_view content_type) {
  return {.method = std::move(method),
          .path = path.with("fieldManager", kFieldManager).text(),
          .body = go_spelling(json::dump(body)),
          .content_type = std::string(content_type)};
}

json::Object guard(const ObjectMeta& seen) {
  json::Object out{{"resourceVersion", seen.resource_version}};
  if (!seen.uid.empty()) out["uid"] = seen.uid;
  return out;
}

}  // namespace

Request list(const Resource& kind, const Selection& of, int limit, std::string_view token) {
  Path path = collection(kind, of);
  if (limit > 0) path.with("limit", std::to_string(limit));
  return {.path = path.with_some("continue", token).text()};
}

Request watch(const Resource& kind, const Selection& of, std::string_view resource_version, std::chrono::seconds timeout) {
  Path path = collection(kind, of);
  path.with("watch", "true").with("allowWatchBookmarks", "true").with("resourceVersion", resource_version);
  return {.path = path.with("timeoutSeconds", std::to_string(timeout.count())).text()};
}

Request watch_list(const Resource& kind, const Selection& of, std::chrono::seconds timeout) {
  Path path = collection(kind, of);
  path.with("watch", "true")
      .with("allowWatchBookmarks", "true")
      .with("sendInitialEvents", "true")
      .with("resourceVersionMatch", "NotOlderThan");
  return {.path = path.with("timeoutSeconds", std::to_string(timeout.count())).text()};
}

Request get(const Resource& kind, const ObjectKey& key) { return {.path = object_path(kind, key.ns, key.name)}; }

Request create(const Resource& kind, std::string_view ns, const json::Value& object) {
  return write("POST", Path(collection_path(kind, ns)), object, kJson);
}

Request replace(const Resource& kind, const ObjectKey& key, const json::Value& object) {
  return write("PUT", Path(object_path(kind, key.ns, key.name)), object, kJson);
}

Request apply(const Resource& kind, const ObjectKey& key, const json::Value& object, bool force) {
  Path path(object_path(kind, key.ns, key.name));
  if (force) path.with("force", "true");
  return write("PATCH", path, object, kApplyPatch);
}

Request merge_patch(const Resource& kind, const ObjectKey& key, const json::Value& patch, std::string_view subresource) {
  return write("PATCH", Path(object_path(kind, key.ns, key.name, subresource)), patch, kMergePatch);
}

Request put_status(const Resource& kind, const ObjectMeta& seen, json::Value status) {
  json::Object metadata = guard(seen);
  metadata["name"] = seen.name;
  if (kind.namespaced) metadata["namespace"] = seen.ns;
  const json::Value object = json::Object{
      {"apiVersion", api_version(kind)}, {"kind", kind.kind}, {"metadata", std::move(metadata)}, {"status", std::move(status)}};
  return write("PUT", Path(object_path(kind, seen.ns, seen.name, "status")), object, kJson);
}

Request scale(const Resource& kind, const ObjectMeta& seen, std::int64_t replicas) {
  return merge_patch(kind, seen.key(), json::Object{{"metadata", guard(seen)}, {"spec", json::Object{{"replicas", replicas}}}}, "scale");
}

Request remove(const Resource& kind, const ObjectKey& key, std::string_view uid, std::string_view resource_version) {
  json::Object options{{"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"propagationPolicy", "Background"}};
  json::Object preconditions;
  if (!uid.empty()) preconditions["uid"] = uid;
  if (!resource_version.empty()) preconditions["resourceVersion"] = resource_version;
  if (!preconditions.empty()) options["preconditions"] = std::move(preconditions);
  return {.method = "DELETE", .path = object_path(kind, key.ns, key.name), .body = json::dump(options), .content_type = std::string(kJson)};
}

}  // namespace millrace::kube::verbs
