#include "support/api_server/store.h"

#include <algorithm>

namespace millrace::sim {
namespace {

using json::Object;
using json::Value;

std::string id_of(const KindRules& kind) { return std::string(kind.resource->plural) + "." + std::string(kind.resource->group); }

json::Array managed_fields(const KindRules& kind, const Managed& managed) {
  json::Array out;
  for (const auto& entry : managed) {
    Object o{{"manager", entry.manager},
             {"operation", entry.operation},
             {"apiVersion", kube::api_version(*kind.resource)},
             {"time", core::to_rfc3339(entry.time)},
             {"fieldsType", "FieldsV1"},
             {"fieldsV1", to_fields_v1(entry.fields)}};
    if (!entry.subresource.empty()) o["subresource"] = entry.subresource;
    out.emplace_back(std::move(o));
  }
  return out;
}

StoredPtr stored(const KindRules& kind, Value object, Managed managed, std::uint64_t version) {
  auto out = std::make_shared<Stored>();
  Object& meta = *object.object()->find("metadata")->object();
  meta["resourceVersion"] = std::to_string(version);
  if (!managed.empty()) meta["managedFields"] = managed_fields(kind, managed);
  out->bytes = json::dump(object);
  meta.erase("managedFields");
  out->object = std::move(object);
  out->managed = std::move(managed);
  out->version = version;
  return out;
}

}  // namespace

bool same_fields(const Managed& a, const Managed& b) {
  return std::ranges::equal(a, b, [](const ManagedEntry& x, const ManagedEntry& y) { return x.same_manager(y) && x.fields == y.fields; });
}

Store::OfKind& Store::of(const KindRules& kind) { return kinds_[id_of(kind)]; }

StoredPtr Store::find(const KindRules& kind, const kube::ObjectKey& key) const {
  const auto& all = objects(kind);
  const auto hit = all.find(key);
  return hit == all.end() ? nullptr : hit->second;
}

const Store::Objects& Store::objects(const KindRules& kind) const {
  static const Objects none;
  const auto hit = kinds_.find(id_of(kind));
  return hit == kinds_.end() ? none : hit->second.objects;
}

Store::Objects Store::objects_at(const KindRules& kind, std::uint64_t version) const {
  Objects out = objects(kind);
  const auto& events = log(kind);
  for (auto event = events.rbegin(); event != events.rend() && event->version > version; ++event) {
    const Value& object = event->after->object;
    const kube::ObjectKey key{object.text_at({"metadata", "namespace"}), object.text_at({"metadata", "name"})};
    if (event->before == nullptr)
      out.erase(key);
    else
      out[key] = event->before;
  }
  return out;
}

const std::vector<LogEvent>& Store::log(const KindRules& kind) const {
  static const std::vector<LogEvent> none;
  const auto hit = kinds_.find(id_of(kind));
  return hit == kinds_.end() ? none : hit->second.log;
}

StoredPtr Store::put(const KindRules& kind, const kube::ObjectKey& key, Value object, Managed managed) {
  auto& [objects, log] = of(kind);
  StoredPtr& slot = objects[key];
  StoredPtr next = stored(kind, std::move(object), std::move(managed), ++version_);
  log.push_back({slot == nullptr ? LogEvent::Type::Added : LogEvent::Type::Modified, version_, slot, next});
  slot = next;
  return next;
}

void Store::erase(const KindRules& kind, const kube::ObjectKey& key) {
  auto& [objects, log] = of(kind);
  const auto hit = objects.find(key);
  if (hit == objects.end()) return;
  const StoredPtr before = hit->second;
  objects.erase(hit);
  const StoredPtr last = stored(kind, before->object, before->managed, ++version_);
  log.push_back({LogEvent::Type::Deleted, version_, before, last});
}

void Store::compact(std::uint64_t version) {
  compacted_ = std::max(compacted_, version);
  for (auto& [id, kind] : kinds_) {
    std::erase_if(kind.log, [&](const LogEvent& e) { return e.version <= compacted_; });
  }
}

}  // namespace millrace::sim
