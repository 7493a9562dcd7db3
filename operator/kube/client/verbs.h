// Verbs: pure builders of Requests, and what an answer of the API server means. Nothing here talks to anybody.
// Every write names its field manager (kFieldManager). Source: Kubernetes API concepts, KEP-555 (apply), KEP-3157 (WatchList).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "kube/client/transport.h"
#include "kube/model/meta.h"
#include "kube/model/resource.h"

namespace millrace::kube::verbs {

struct Selection {
  std::string ns{};              // "" is all namespaces
  std::string label_selector{};  // "app.kubernetes.io/managed-by=millrace"
  std::string field_selector{};
  bool operator==(const Selection&) const = default;
};

// One page of a consistent list; `token` is metadata.continue of the page before.
Request list(const Resource& kind, const Selection& of, int limit = 500, std::string_view token = {});

// A watch with bookmarks from `resource_version` on.
Request watch(const Resource& kind, const Selection& of, std::string_view resource_version, std::chrono::seconds timeout);

// WatchList: a watch that first sends all objects as ADDED, then a BOOKMARK annotated k8s.io/initial-events-end.
Request watch_list(const Resource& kind, const Selection& of, std::chrono::seconds timeout);

Request get(const Resource& kind, const ObjectKey& key);
Request create(const Resource& kind, std::string_view ns, const json::Value& object);
// PUT of a whole object; metadata.resourceVersion inside guards it.
Request replace(const Resource& kind, const ObjectKey& key, const json::Value& object);

// Server-side apply. `force` takes fields from other managers; uid and resourceVersion in the object's metadata guard it.
Request apply(const Resource& kind, const ObjectKey& key, const json::Value& object, bool force);

// RFC 7396 merge patch; metadata.uid and metadata.resourceVersion inside guard it.
Request merge_patch(const Resource& kind, const ObjectKey& key, const json::Value& patch, std::string_view subresource = {});

// PUT to /status with the observed uid and resourceVersion.
Request put_status(const Resource& kind, const ObjectMeta& seen, json::Value status);

// Merge patch of spec.replicas to /scale with the observed uid and resourceVersion.
Request scale(const Resource& kind, const ObjectMeta& seen, std::int64_t replicas);

// DELETE with preconditions, in the background (children are left to the garbage collector). Empty preconditions are left out.
Request remove(const Resource& kind, const ObjectKey& key, std::string_view uid, std::string_view resource_version);

// metav1.Status as the caller needs it.
struct Cause {
  std::string reason{}, message{}, field{};
  bool operator==(const Cause&) const = default;
};
struct StatusDetails {
  int code = 0;
  std::string reason{}, message{};  // message: the server's own sentence, valid UTF-8, at most 1,024 bytes
  std::vector<Cause> causes{};
  std::optional<core::Duration> retry_after{};
  bool operator==(const StatusDetails&) const = default;
  bool has_cause(std::string_view reason) const;
};

// The API server answers each call with an object. A page with 200 is of somebody in between: nobody knows what was done, as after no
// answer.
inline bool succeeded(const Response& r) { return r.status >= 200 && r.status < 300 && r.body.starts_with('{'); }

// Never fails: an answer that is no Status object (a proxy's page) becomes code and a sentence.
StatusDetails status_details(const Response& response);
// Of the object in an ERROR event of a watch.
StatusDetails status_details(const json::Value& status);

// 409 is AlreadyExists or Conflict; 422 with cause metadata.uid is Conflict; 410 and "too large resource version" (504) are Gone:
// both are cured by a new consistent list; redirects and 5xx are Unavailable.
core::Error error_of(const StatusDetails& details);
core::Error error_of(const Response& response);

// A 409 of an apply without force: fields that belong to other managers.
bool is_ownership_conflict(const StatusDetails& details);

}  // namespace millrace::kube::verbs
