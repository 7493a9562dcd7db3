// POST and PUT: what every write of an object goes through.
#include <algorithm>

#include "support/api_server/api_server.h"
#include "support/api_server/metadata.h"

namespace millrace::sim {
namespace {

using json::Object;
using json::Value;

Object& meta_of(Value& object) {
  Value& meta = (*object.object())["metadata"];
  if (meta.object() == nullptr) meta = Object{};
  return *meta.object();
}

void copy_member(Object& to, const Value* from, std::string_view name) {
  const Value* v = from != nullptr && from->object() != nullptr ? from->object()->find(name) : nullptr;
  if (v != nullptr) {
    to[name] = *v;
  } else {
    to.erase(name);
  }
}

// The sentence "path: why" of a schema, as the cause that the server gives.
Cause cause_of(const std::string& sentence) {
  const auto colon = sentence.find(": ");
  if (colon == std::string::npos) return {"FieldValueInvalid", sentence, ""};
  return {"FieldValueInvalid", "Invalid value: " + sentence.substr(colon + 2), sentence.substr(0, colon)};
}

std::vector<Cause> broken_rules(const KindRules& kind, const Value* before, const Value& after) {
  std::vector<Cause> out = broken_metadata(kind, after);
  for (const auto& path : kind.immutable) {
    const Value *was = before, *is = &after;
    std::string dotted;
    for (const auto name : path) {
      was = was != nullptr && was->object() != nullptr ? was->object()->find(name) : nullptr;
      is = is != nullptr && is->object() != nullptr ? is->object()->find(name) : nullptr;
      dotted += (dotted.empty() ? "" : ".") + std::string(name);
    }
    if (was != nullptr && (is == nullptr || !(*was == *is)))
      out.push_back({"FieldValueInvalid", "Invalid value: field is immutable", dotted});
  }
  if (kind.refuse == nullptr) return out;
  for (const auto& sentence : kind.refuse(before, after)) out.push_back(cause_of(sentence));
  return out;
}

// Of an object that is being deleted the list of finalizers only shrinks.
std::vector<Cause> late_finalizers(const Value& before, const Value& after) {
  const Value *was = before.at({"metadata", "finalizers"}), *is = after.at({"metadata", "finalizers"});
  if (before.at({"metadata", "deletionTimestamp"}) == nullptr || is == nullptr || is->array() == nullptr) return {};
  const json::Array known = was != nullptr && was->array() != nullptr ? *was->array() : json::Array{};
  std::string late;
  for (const Value& name : *is->array()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) late += (late.empty() ? "\"" : "\", \"") + std::string(*name.text());
  }
  if (late.empty()) return {};
  return {{"FieldValueForbidden",
           "Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{" + late + "\"}",
           "metadata.finalizers"}};
}

std::vector<Cause> early_deletion(const Value& before, const Value& after) {
  const std::string was = before.text_at({"metadata", "deletionTimestamp"}), is = after.text_at({"metadata", "deletionTimestamp"});
  if (is.empty() || is == was) return {};
  return {{"FieldValueInvalid", "Invalid value: \"" + is + "\": field is immutable", "metadata.deletionTimestamp"}};
}

// What the generation counts: everything but metadata and status.
bool same_intent(const KindRules& kind, const Value& a, const Value& b) {
  const Value *notes_a = a.at({"metadata", "annotations"}), *notes_b = b.at({"metadata", "annotations"});
  const bool same_notes = notes_a == nullptr || notes_b == nullptr ? notes_a == notes_b : *notes_a == *notes_b;
  if (kind.counts_annotations && !same_notes) return false;
  const auto rest = [](const Value& v) {
    Object o = *v.object();
    o.erase("metadata");
    o.erase("status");
    return o;
  };
  return rest(a) == rest(b);
}

// Typed kinds do not store empty maps where their structs say omitempty: labels, annotations, data.
void drop_empty(const KindRules& kind, Value& object) {
  const auto drop = [](Object& in, std::string_view name) {
    const Value* v = in.find(name);
    if (v != nullptr && v->object() != nullptr && v->object()->empty()) in.erase(name);
  };
  drop(meta_of(object), "labels");
  drop(meta_of(object), "annotations");
  if (!kind.custom) drop(*object.object(), "data");
}

std::variant<Value, kube::Response> read_body(const Call& call) {
  auto body = json::parse(call.body);
  if (!body) return bad_request(body.error().message);
  if (body->object() == nullptr) return bad_request("the body is no object");
  const std::string kind = body->text_at({"kind"});
  if (!kind.empty() && call.subresource != "scale" && kind != call.kind->resource->kind) {
    return bad_request("the object provided is unrecognized (must be of type " + std::string(call.kind->resource->kind) + ")");
  }
  const std::string ns = body->text_at({"metadata", "namespace"});
  if (!ns.empty() && ns != call.ns)
    return bad_request("the namespace of the provided object does not match the namespace sent on the request");
  return std::move(*body);
}

}  // namespace

kube::Response ApiServer::create(const Call& call, const Writer& who) {
  auto body = read_body(call);
  if (auto* no = std::get_if<kube::Response>(&body)) return std::move(*no);
  return create_object(*call.kind, call.ns, std::get<Value>(std::move(body)), {}, who, &call);
}

kube::Response ApiServer::create_object(const KindRules& kind, const std::string& ns, Value object, Managed managed, const Writer& who,
                                        const Call* call) {
  const std::string name = object.text_at({"metadata", "name"});
  if (name.empty()) return invalid(kind, "", {{"FieldValueRequired", "Required value: name or generateName is required", "metadata.name"}});
  if (kind.resource->namespaced && store_.find(rules_of(kNamespace), {"", ns}) == nullptr) return not_found(rules_of(kNamespace), ns);
  if (!object.text_at({"metadata", "resourceVersion"}).empty()) {
    return failure(500, "InternalError", "resourceVersion should not be set on objects to be created");
  }
  (*object.object())["apiVersion"] = kube::api_version(*kind.resource);
  (*object.object())["kind"] = kind.resource->kind;
  Object& meta = meta_of(object);
  if (kind.resource->namespaced) meta["namespace"] = ns;
  for (const auto member : {"managedFields", "deletionTimestamp", "generation", "selfLink"}) meta.erase(member);
  const kube::ObjectKey key{ns, name};
  const bool exists = store_.find(kind, key) != nullptr;
  meta["uid"] = exists ? "" : new_uid(kind, key);
  meta["creationTimestamp"] = core::to_rfc3339(who.now);
  if (kind.generation) meta["generation"] = 1;
  if (kind.has_status && call != nullptr) object.object()->erase("status");
  if (kind.fill != nullptr) kind.fill(object);
  drop_empty(kind, object);
  if (const auto broken = broken_rules(kind, nullptr, object); !broken.empty()) return invalid(kind, name, broken);
  if (call != nullptr) {
    if (auto no = refused(*call, name)) return *no;
  }
  if (exists) return already_exists(kind, name);
  if (managed.empty()) managed = owned_after_update(kind, Object{}, object, {}, who);
  return {.status = 201, .body = store_.put(kind, key, std::move(object), std::move(managed))->bytes};
}

kube::Response ApiServer::update(const Call& call, const Writer& who) {
  auto body = read_body(call);
  if (auto* no = std::get_if<kube::Response>(&body)) return std::move(*no);
  Value& next = std::get<Value>(body);
  if (next.text_at({"metadata", "name"}) != call.name) {
    return bad_request("the name of the object (" + next.text_at({"metadata", "name"}) + ") does not match the name on the URL (" +
                       call.name + ")");
  }
  const StoredPtr live = store_.find(*call.kind, {call.ns, call.name});
  if (live == nullptr) return not_found(*call.kind, call.name);
  if (call.kind->custom && next.text_at({"metadata", "resourceVersion"}).empty()) {
    return invalid(*call.kind, call.name,
                   {{"FieldValueInvalid", "Invalid value: 0: must be specified for an update", "metadata.resourceVersion"}});
  }
  return update_object({*call.kind, {call.ns, call.name}, live, who}, std::move(next), nullptr);
}

// `owned`: the managed fields that an apply has computed; nullptr: an update, computed here.
kube::Response ApiServer::update_object(const Write& write, Value next, const Managed* owned) {
  const auto& [kind, key, live, who] = write;
  const Value& before = live->object;
  const std::string uid = next.text_at({"metadata", "uid"}), live_uid = before.text_at({"metadata", "uid"});
  if (!uid.empty() && uid != live_uid) {
    if (owned != nullptr)
      return invalid(kind, key.name, {{"FieldValueInvalid", "Invalid value: \"" + uid + "\": field is immutable", "metadata.uid"}});
    return conflict(kind, key.name, "Precondition failed: UID in precondition: " + uid + ", UID in object meta: " + live_uid);
  }
  const std::string version = next.text_at({"metadata", "resourceVersion"});
  if (!version.empty() && version != std::to_string(live->version)) return conflict(kind, key.name, kModified);
  if (const auto early = early_deletion(before, next); !early.empty()) return invalid(kind, key.name, early);
  Object& root = *next.object();
  if (kind.has_status && who.subresource == "status") {
    Value kept = before;
    copy_member(*kept.object(), &next, "status");
    next = std::move(kept);
  } else if (kind.has_status) {
    copy_member(root, &before, "status");
  }
  root["apiVersion"] = kube::api_version(*kind.resource);
  root["kind"] = kind.resource->kind;
  Object& meta = meta_of(next);
  for (const auto member : {"name", "namespace", "uid", "creationTimestamp", "generation", "deletionTimestamp",
                            "deletionGracePeriodSeconds", "managedFields"}) {
    copy_member(meta, before.at({"metadata"}), member);
  }
  meta["resourceVersion"] = std::to_string(live->version);
  if (kind.fill != nullptr) kind.fill(next);
  drop_empty(kind, next);
  if (const auto late = late_finalizers(before, next); !late.empty()) return invalid(kind, key.name, late);
  if (const auto broken = broken_rules(kind, &before, next); !broken.empty()) return invalid(kind, key.name, broken);
  Managed managed = owned != nullptr ? *owned : owned_after_update(kind, before, next, live->managed, who);
  return commit(write, std::move(next), std::move(managed));
}

kube::Response ApiServer::commit(const Write& write, Value next, Managed managed) {
  const auto& [kind, key, live, who] = write;
  if (next == live->object && same_fields(managed, live->managed)) return {.status = 200, .body = live->bytes};
  const Value* finalizers = next.at({"metadata", "finalizers"});
  const bool held = finalizers != nullptr && finalizers->array() != nullptr && !finalizers->array()->empty();
  if (kind.generation && !same_intent(kind, live->object, next)) {
    meta_of(next)["generation"] = live->object.at({"metadata", "generation"})->integer().value_or(0) + 1;
  }
  const bool gone = live->object.at({"metadata", "deletionTimestamp"}) != nullptr && !held && !kind.graceful;
  if (gone) {  // it is never stored without its last finalizer: watches see the deletion alone
    store_.erase(kind, key);
    return answer(200, next);
  }
  return {.status = 200, .body = store_.put(kind, key, std::move(next), std::move(managed))->bytes};
}

}  // namespace millrace::sim
