// DELETE, finalizers, and the garbage collector.
#include <algorithm>
#include <set>

#include "support/api_server/api_server.h"

namespace millrace::sim {
namespace {

using json::Object;
using json::Value;

bool holds(const Value& object) {
  const Value* finalizers = object.at({"metadata", "finalizers"});
  return finalizers != nullptr && finalizers->array() != nullptr && !finalizers->array()->empty();
}

std::vector<std::string> owners_of(const Value& object) {
  std::vector<std::string> out;
  const Value* owners = object.at({"metadata", "ownerReferences"});
  if (owners == nullptr || owners->array() == nullptr) return out;
  for (const auto& o : *owners->array()) out.push_back(o.text_at({"uid"}));
  return out;
}

constexpr const char* kForeground = "foregroundDeletion";

json::Array finalizers_of(const Value& object) {
  const Value* finalizers = object.at({"metadata", "finalizers"});
  return finalizers == nullptr || finalizers->array() == nullptr ? json::Array{} : *finalizers->array();
}
bool waits_for_dependents(const Value& object) {
  return object.at({"metadata", "deletionTimestamp"}) != nullptr && std::ranges::count(finalizers_of(object), Value(kForeground)) > 0;
}
bool blocks(const Value& dependent, const std::string& owner) {
  return std::ranges::any_of(*dependent.at({"metadata", "ownerReferences"})->array(), [&](const Value& o) {
    const Value* block = o.at({"blockOwnerDeletion"});
    return o.text_at({"uid"}) == owner && block != nullptr && block->boolean().value_or(false);
  });
}
// Its metadata with a list that has lost some items, or without the list.
template <class Drop>
Value without(Value object, const char* list, Drop drop) {
  Object& meta = *object.object()->find("metadata")->object();
  json::Array& items = *meta.find(list)->array();
  std::erase_if(items, drop);
  if (items.empty()) meta.erase(list);
  return object;
}

}  // namespace

kube::Response ApiServer::remove(const Call& call, const Writer& who) {
  Value options{Object{}};
  if (!call.body.empty()) {
    auto body = json::parse(call.body);
    if (!body || body->object() == nullptr) return bad_request("the body is no DeleteOptions");
    options = std::move(*body);
  }
  const StoredPtr live = store_.find(*call.kind, {call.ns, call.name});
  if (live == nullptr) return not_found(*call.kind, call.name);
  if (auto no = refused(call, call.name)) return *no;
  const std::string uid = options.text_at({"preconditions", "uid"}), version = options.text_at({"preconditions", "resourceVersion"});
  const std::string live_uid = live->object.text_at({"metadata", "uid"});
  const auto differs = [&](const std::string& what, const std::string& wanted, const std::string& is, const char* why) {
    return failure(409, "Conflict",
                   "Operation cannot be fulfilled on " + std::string(call.kind->resource->kind) + " \"" + call.name + "\": the " + what +
                       " in the precondition (" + wanted + ") does not match the " + what + " in record (" + is +
                       "). The object might have been " + why,
                   Object{{"name", call.name}, {"kind", call.kind->resource->kind}});
  };
  if (!uid.empty() && uid != live_uid) return differs("UID", uid, live_uid, "deleted and then recreated");
  if (!version.empty() && version != std::to_string(live->version))
    return differs("ResourceVersion", version, std::to_string(live->version), "modified");
  if (const std::string policy = call.option("propagationPolicy"); !policy.empty()) (*options.object())["propagationPolicy"] = policy;
  return finish_removal(*call.kind, live, options, who);
}

kube::Response ApiServer::finish_removal(const KindRules& kind, const StoredPtr& live, const Value& options, const Writer& who) {
  const std::string name = live->object.text_at({"metadata", "name"}), uid = live->object.text_at({"metadata", "uid"});
  const kube::ObjectKey key{live->object.text_at({"metadata", "namespace"}), name};
  const std::string policy = options.text_at({"propagationPolicy"});
  if (policy == "Orphan" || (policy.empty() && kind.orphans_by_default)) orphan_dependents(uid);
  const Value* grace = options.object()->find("gracePeriodSeconds");
  const bool at_once = grace != nullptr && grace->integer() == 0;
  const bool waits = kind.graceful && !at_once && !live->object.text_at({"spec", "nodeName"}).empty();
  const bool foreground = policy == "Foreground";
  if (!holds(live->object) && !waits && !foreground) {
    store_.erase(kind, key);
    Object details{{"name", name}, {"kind", kind.resource->plural}, {"uid", uid}};
    if (!kind.resource->group.empty()) details["group"] = kind.resource->group;
    return answer(
        200,
        Object{{"kind", "Status"}, {"apiVersion", "v1"}, {"metadata", Object{}}, {"status", "Success"}, {"details", std::move(details)}});
  }
  if (live->object.at({"metadata", "deletionTimestamp"}) != nullptr) return {.status = 200, .body = live->bytes};
  Value next = live->object;
  Object& meta = *next.object()->find("metadata")->object();
  if (foreground) {
    json::Array names = finalizers_of(live->object);
    names.emplace_back(kForeground);
    meta["finalizers"] = std::move(names);
  }
  meta["deletionTimestamp"] = core::to_rfc3339(who.now + std::chrono::seconds(waits ? 30 : 0));
  meta["deletionGracePeriodSeconds"] = waits ? 30 : 0;
  if (const Value* generation = meta.find("generation")) meta["generation"] = *generation->integer() + 1;
  return {.status = 200, .body = store_.put(kind, key, std::move(next), live->managed)->bytes};
}

void ApiServer::orphan_dependents(const std::string& uid) {
  for (const auto& kind : all_kinds()) {
    const auto objects = store_.objects(kind);
    for (const auto& [key, stored] : objects) {
      const auto uids = owners_of(stored->object);
      if (std::ranges::find(uids, uid) == uids.end()) continue;
      drop_owners(kind, stored, [&](const Value& o) { return o.text_at({"uid"}) == uid; });
    }
  }
}

void ApiServer::drop_owners(const KindRules& kind, const StoredPtr& stored, const std::function<bool(const json::Value&)>& which) {
  const kube::ObjectKey key{stored->object.text_at({"metadata", "namespace"}), stored->object.text_at({"metadata", "name"})};
  store_.put(kind, key, without(stored->object, "ownerReferences", which), stored->managed);
}

// An object that goes in the foreground: its dependents first. True when something was done.
bool ApiServer::go_on_foreground(const KindRules& kind, const StoredPtr& owner, core::Instant now) {
  const std::string uid = owner->object.text_at({"metadata", "uid"});
  bool did = false, blocked = false;
  for (const auto& other : all_kinds()) {
    const auto objects = store_.objects(other);
    for (const auto& [key, stored] : objects) {
      const auto uids = owners_of(stored->object);
      if (std::ranges::find(uids, uid) == uids.end()) continue;
      blocked = blocked || blocks(stored->object, uid);
      if (stored->object.at({"metadata", "deletionTimestamp"}) != nullptr) continue;
      finish_removal(other, stored, Object{{"propagationPolicy", "Background"}}, {.manager = "kube-controller-manager", .now = now});
      did = true;
    }
  }
  if (did || blocked) return did;
  const kube::ObjectKey key{owner->object.text_at({"metadata", "namespace"}), owner->object.text_at({"metadata", "name"})};
  const Writer who{.manager = "kube-controller-manager", .now = now};
  commit({kind, key, owner, who}, without(owner->object, "finalizers", [](const Value& name) { return name == Value(kForeground); }),
         owner->managed);
  return true;
}

bool ApiServer::collect_garbage(core::Instant now) {
  std::set<std::string> alive;
  for (const auto& kind : all_kinds()) {
    for (const auto& [key, stored] : store_.objects(kind)) alive.insert(stored->object.text_at({"metadata", "uid"}));
  }
  bool did = false;
  for (const auto& kind : all_kinds()) {
    const auto objects = store_.objects(kind);
    for (const auto& [key, stored] : objects) {
      if (waits_for_dependents(stored->object)) did = go_on_foreground(kind, stored, now) || did;
      const auto owners = owners_of(stored->object);
      const auto living = std::ranges::count_if(owners, [&](const std::string& uid) { return alive.contains(uid); });
      if (living > 0 && living < std::ssize(owners)) {
        drop_owners(kind, stored, [&](const Value& o) { return !alive.contains(o.text_at({"uid"})); });
        did = true;
      }
      const bool orphan = !owners.empty() && living == 0;
      if (!orphan || stored->object.at({"metadata", "deletionTimestamp"}) != nullptr) continue;
      finish_removal(kind, stored, Object{{"propagationPolicy", "Background"}}, {.manager = "kube-controller-manager", .now = now});
      did = true;
    }
  }
  return did;
}

}  // namespace millrace::sim
