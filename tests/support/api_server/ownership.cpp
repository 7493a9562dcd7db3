#include "support/api_server/ownership.h"

#include <algorithm>

namespace millrace::sim {
namespace {

using json::Value;

// Members that belong to the server, and those that the endpoint does not write.
bool writable(const KindRules& kind, std::string_view subresource, const Path& path) {
  if (path[0] == "f:apiVersion" || path[0] == "f:kind") return false;
  const bool status = path[0] == "f:status";
  if (kind.has_status && status != (subresource == "status")) return false;
  if (path[0] != "f:metadata") return true;
  static constexpr std::string_view kServers[] = {"f:name",
                                                  "f:namespace",
                                                  "f:uid",
                                                  "f:resourceVersion",
                                                  "f:generation",
                                                  "f:creationTimestamp",
                                                  "f:deletionTimestamp",
                                                  "f:deletionGracePeriodSeconds",
                                                  "f:managedFields"};
  return path.size() > 1 && std::ranges::find(kServers, path[1]) == std::end(kServers);
}

// What differs, of the fields that the endpoint writes.
FieldChanges changes(const KindRules& kind, const Value& before, const Value& after, std::string_view subresource) {
  FieldChanges out = differing_fields(before, after, kind.shape);
  for (auto* set : {&out.changed, &out.removed}) std::erase_if(*set, [&](const Path& p) { return !writable(kind, subresource, p); });
  return out;
}

void forget(FieldSet& fields, const FieldSet& gone) {
  for (const auto& path : gone) fields.erase(path);
}

void drop_empty(Managed& managed) {
  std::erase_if(managed, [](const ManagedEntry& e) { return e.fields.empty(); });
}

ManagedEntry& entry_of(Managed& managed, const Writer& who) {
  const ManagedEntry wanted{.manager = who.manager, .operation = who.operation, .subresource = who.subresource, .time = who.now};
  const auto hit = std::ranges::find_if(managed, [&](const ManagedEntry& e) { return e.same_manager(wanted); });
  return hit != managed.end() ? *hit : managed.emplace_back(wanted);
}

void take(Managed& managed, const Writer& who, const FieldSet& fields) {
  for (auto& e : managed) {
    if (e.manager != who.manager || e.operation != who.operation || e.subresource != who.subresource) forget(e.fields, fields);
  }
}

Value merged_list(const ListRule& rule, const json::Array& live, const json::Array& config, const Shape& shape, const std::string& names);

Value merged(const Value& live, const Value& config, const Shape& shape, const std::string& names) {
  if (live.object() != nullptr && config.object() != nullptr && !shape.atomic_map(names)) {
    json::Object out = *live.object();
    for (const auto& [name, v] : config.object()->members()) {
      const Value* old = live.object()->find(name);
      out[name] = old == nullptr ? v : merged(*old, v, shape, names.empty() ? name : names + "." + name);
    }
    return out;
  }
  if (live.array() != nullptr && config.array() != nullptr) {
    const ListRule rule = shape.list(names);
    if (rule.type != ListRule::Type::Atomic) return merged_list(rule, *live.array(), *config.array(), shape, names);
  }
  return config;
}

// The order of the config; items that only the live list has follow the item that they followed there.
Value merged_list(const ListRule& rule, const json::Array& live, const json::Array& config, const Shape& shape, const std::string& names) {
  const auto find = [&](const json::Array& in, const std::string& segment) {
    return std::ranges::find_if(in, [&](const Value& v) { return item_segment(rule, v) == segment; });
  };
  json::Array out;
  for (const auto& item : config) {
    const auto old = find(live, item_segment(rule, item));
    out.push_back(old == live.end() ? item : merged(*old, item, shape, names));
  }
  for (std::size_t i = 0; i < live.size(); ++i) {
    if (find(config, item_segment(rule, live[i])) != config.end()) continue;
    const std::ptrdiff_t place = i == 0 ? 0 : find(out, item_segment(rule, live[i - 1])) - out.begin() + 1;
    out.insert(out.begin() + place, live[i]);
  }
  return out;
}

// What the applier owned before and nobody owns now goes, with the parents that nothing of anybody keeps.
void prune(const KindRules& kind, Value& object, const FieldSet& last, const Managed& managed) {
  FieldSet kept;
  for (const auto& e : managed) kept = either(kept, with_parents(e.fields));
  kept.insert({"f:metadata"});
  for (const auto& path : minus(with_parents(last), kept)) remove_at(object, path, kind.shape);
}

std::string named(const KindRules& kind, const ManagedEntry& e) {
  std::string out = "conflict with \"" + e.manager + "\"";
  if (!e.subresource.empty()) out += " with subresource \"" + e.subresource + "\"";
  if (e.operation == "Update") out += " using " + kube::api_version(*kind.resource) + " at " + core::to_rfc3339(e.time);
  return out;
}

}  // namespace

Managed owned_after_update(const KindRules& kind, const Value& before, const Value& after, Managed managed, const Writer& who) {
  // A scale writes the spec of its parent; its entry is its own.
  const std::string endpoint = who.subresource == "status" ? "status" : "";
  const auto [changed, removed] = changes(kind, before, after, endpoint);
  if (changed.empty() && removed.empty()) return managed;
  take(managed, who, changed);
  for (auto& e : managed) forget(e.fields, removed);
  if (!changed.empty()) {
    auto& mine = entry_of(managed, who);
    mine.fields.insert(changed.begin(), changed.end());
    mine.time = who.now;
  }
  drop_empty(managed);
  return managed;
}

Applied apply(const KindRules& kind, const Value& live, const Managed& managed, const Value& config, const Writer& who, bool force) {
  Applied out{.object = merged(live, config, kind.shape, ""), .managed = managed};
  FieldSet mine = fields_of(config, kind.shape);
  std::erase_if(mine, [&](const Path& p) { return !writable(kind, who.subresource, p); });
  const FieldSet changed = changes(kind, live, out.object, who.subresource).changed;
  for (const auto& e : managed) {
    const bool own = e.manager == who.manager && e.operation == who.operation && e.subresource == who.subresource;
    if (own) continue;
    for (const auto& path : both(e.fields, changed)) out.conflicts.push_back({"FieldManagerConflict", named(kind, e), to_text(path)});
  }
  if (!out.conflicts.empty() && !force) return out;
  out.conflicts.clear();
  take(out.managed, who, changed);
  auto& entry = entry_of(out.managed, who);
  const FieldSet last = entry.fields;
  if (entry.fields != mine) entry.time = who.now;
  entry.fields = mine;
  prune(kind, out.object, last, out.managed);
  drop_empty(out.managed);
  return out;
}

}  // namespace millrace::sim
