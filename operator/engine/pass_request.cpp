// The call that a write becomes: with uid and version of what was seen, or of nothing.
#include <utility>

#include "core/check.h"
#include "engine/pass.h"
#include "kube/client/verbs.h"

namespace millrace::engine {
namespace {

using How = plan::Write::How;

// What a status shrinks to when the server refuses it: enough to tell people (D27).
json::Value reduced(const json::Value& status) {
  json::Object out;
  for (const char* name : {"phase", "message", "conditions"}) {
    if (const json::Value* value = status.at({name})) out[name] = *value;
  }
  return out;
}

// No object ever has this version: an apply with it makes what is absent and leaves alone what is there, also where no field conflicts.
constexpr std::string_view kOnlyIfAbsent = "1";

json::Value guarded(json::Value object, std::string_view uid, std::string_view version) {
  json::Value& metadata = (*object.object())["metadata"];
  if (metadata.is_null()) metadata = json::Object{};
  if (!uid.empty()) (*metadata.object())["uid"] = uid;
  (*metadata.object())["resourceVersion"] = version;
  return object;
}

}  // namespace

kube::Request Pass::request(const plan::Write& write) const {
  namespace verbs = kube::verbs;
  const kube::ObjectKey key{parent_.ns, write.name};
  plan::Write at = write;  // our own status write moved the parent
  if (at.uid == parent_.uid) at.resource_version = parent_.resource_version;
  switch (at.how) {
    case How::Status:
      return verbs::put_status(*kind_, parent_, reduced_ ? reduced(at.body) : at.body);
    case How::MergeStatus: {
      const json::Object status{{"status", reduced_ ? reduced(at.body) : at.body}};
      return verbs::merge_patch(*kind_, key, guarded(status, at.uid, at.resource_version), "status");
    }
    case How::Create:
      return verbs::create(*at.kind, parent_.ns, at.body);
    case How::Apply:
      return verbs::apply(*at.kind, key, guarded(at.body, {}, kOnlyIfAbsent), false);
    case How::Force:
      return verbs::apply(*at.kind, key, guarded(at.body, at.uid, at.resource_version), true);
    case How::Annotate:
    case How::Finalize:
      return verbs::merge_patch(*at.kind, key, guarded(at.body, at.uid, at.resource_version));
    case How::Scale: {
      const kube::ObjectMeta seen{.name = at.name, .ns = parent_.ns, .uid = at.uid, .resource_version = at.resource_version};
      return verbs::scale(*at.kind, seen, at.body.integer().value_or(0));
    }
    case How::Delete:
      return verbs::remove(*at.kind, key, at.uid, at.resource_version);
    case How::Taken:
    case How::Contested:
      break;
  }
  MILLRACE_CHECK(false && "a write that is never sent");
  return {};
}

}  // namespace millrace::engine
