// PATCH (merge and apply) and /scale.
#include "support/api_server/api_server.h"

namespace millrace::sim {
namespace {

using json::Object;
using json::Value;

constexpr std::string_view kMergePatch = "application/merge-patch+json";
constexpr std::string_view kApplyPatch = "application/apply-patch+yaml";

// Members that an apply through this endpoint does not write are as if they were not sent.
Value applicable(const KindRules& kind, const std::string& subresource, Value config) {
  Object& root = *config.object();
  if (!kind.has_status) return config;
  if (subresource != "status") {
    root.erase("status");
    return config;
  }
  Object out;
  for (const auto member : {"apiVersion", "kind", "metadata", "status"}) {
    if (const Value* v = root.find(member)) out[member] = *v;
  }
  Object meta;
  for (const auto member : {"name", "namespace", "uid", "resourceVersion"}) {
    const Value* v = out["metadata"].object() != nullptr ? out["metadata"].object()->find(member) : nullptr;
    if (v != nullptr) meta[member] = *v;
  }
  out["metadata"] = std::move(meta);
  return out;
}

}  // namespace

kube::Response ApiServer::patch(const Call& call, Writer who) {
  if (call.content_type == kApplyPatch) {
    const auto config = json::parse(call.body);
    if (!config || config->object() == nullptr) return bad_request("error decoding YAML: the body is no object");
    return apply_patch(call, std::move(who), *config);
  }
  if (call.content_type != kMergePatch) return unsupported_media(call.content_type);
  const StoredPtr live = store_.find(*call.kind, {call.ns, call.name});
  if (live == nullptr) return not_found(*call.kind, call.name);
  const auto patch = json::parse(call.body);
  if (!patch || patch->object() == nullptr) return bad_request("error decoding patch: the body is no object");
  Value next = json::merge_patch(live->object, *patch);
  // A patch has no precondition on the uid: beside a status it is dropped with the rest of the metadata, else it may not change.
  const std::string uid = next.text_at({"metadata", "uid"}), live_uid = live->object.text_at({"metadata", "uid"});
  if (call.subresource == "status") (*next.object()->find("metadata")->object())["uid"] = live_uid;
  if (call.subresource != "status" && uid != live_uid) {
    return invalid(*call.kind, call.name, {{"FieldValueInvalid", "Invalid value: \"" + uid + "\": field is immutable", "metadata.uid"}});
  }
  return update_object({*call.kind, {call.ns, call.name}, live, who}, std::move(next), nullptr);
}

kube::Response ApiServer::apply_patch(const Call& call, Writer who, const Value& sent) {
  if (call.option("fieldManager").empty()) {
    static constexpr std::string_view kWhy = "Required value: is required for apply patch";
    const Object cause{{"reason", "FieldValueRequired"}, {"message", kWhy}, {"field", "fieldManager"}};
    return failure(422, "Invalid", "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: " + std::string(kWhy),
                   Object{{"group", "meta.k8s.io"}, {"kind", "PatchOptions"}, {"causes", json::Array{cause}}});
  }
  who.operation = "Apply";
  const KindRules& kind = *call.kind;
  Value config = applicable(kind, call.subresource, sent);
  if (sent.at({"metadata", "managedFields"}) != nullptr) return bad_request("metadata.managedFields must be nil");
  if (config.text_at({"kind"}) != kind.resource->kind) return bad_request("the kind of the patch does not match the resource");
  if (const std::string name = config.text_at({"metadata", "name"}); !name.empty() && name != call.name)
    return bad_request("the name of the object (" + name + ") does not match the name on the URL (" + call.name + ")");
  const kube::ObjectKey key{call.ns, call.name};
  const StoredPtr live = store_.find(kind, key);
  if (live == nullptr) {
    if (!call.subresource.empty()) return not_found(kind, call.name);
    const std::string uid = config.text_at({"metadata", "uid"});
    if (!uid.empty())
      return conflict(kind, call.name, "uid mismatch: the provided object specified uid " + uid + ", and no existing object was found");
    Applied made = apply(kind, Object{{"metadata", Object{{"name", call.name}}}}, {}, config, who, true);
    made.object.object()->find("metadata")->object()->erase("resourceVersion");
    Call create = call;
    create.method = "POST";
    return create_object(kind, call.ns, made.object, made.managed, who, &create);
  }
  const Applied made = apply(kind, live->object, live->managed, config, who, call.flag("force"));
  if (!made.conflicts.empty()) return apply_conflict(made.conflicts);
  Value next = made.object;
  // Absent in the config: no condition. The live object's own version stands there after the merge.
  if (config.at({"metadata", "resourceVersion"}) == nullptr) next.object()->find("metadata")->object()->erase("resourceVersion");
  return update_object({kind, key, live, who}, std::move(next), &made.managed);
}

kube::Response ApiServer::scale(const Call& call, const Writer& who) {
  const StoredPtr live = store_.find(*call.kind, {call.ns, call.name});
  if (live == nullptr) return not_found(*call.kind, call.name);
  const auto body = json::parse(call.body);
  if (!body || body->object() == nullptr) return bad_request("the body is no object");
  if (call.method == "PATCH" && call.content_type != kMergePatch) return unsupported_media(call.content_type);
  const Value* replicas = body->at({"spec", "replicas"});
  const auto count = replicas != nullptr ? replicas->integer() : live->object.at({"spec", "replicas"})->integer();
  if (!count || *count < 0) {
    return failure(422, "Invalid",
                   "Scale.autoscaling \"" + call.name + "\" is invalid: spec.replicas: Invalid value: must be greater than or equal to 0");
  }
  const std::string uid = body->text_at({"metadata", "uid"}), version = body->text_at({"metadata", "resourceVersion"});
  if (!version.empty() && version != std::to_string(live->version)) return conflict(*call.kind, call.name, kModified);
  if (!uid.empty() && uid != live->object.text_at({"metadata", "uid"})) {
    return conflict(
        *call.kind, call.name,
        "Precondition failed: UID in precondition: " + uid + ", UID in object meta: " + live->object.text_at({"metadata", "uid"}));
  }
  Value next = live->object;
  (*next.object()->find("spec")->object())["replicas"] = *count;
  const auto done = update_object({*call.kind, {call.ns, call.name}, live, who}, std::move(next), nullptr);
  return done.status == 200 ? get(call) : done;
}

}  // namespace millrace::sim
