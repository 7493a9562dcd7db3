// Store: objects under one integer resourceVersion, and per kind the log of what happened, with a compaction point.
// A copyable value; objects are shared and never change. Thread contract: plain value.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/time.h"
#include "json/value.h"
#include "kube/model/meta.h"
#include "support/api_server/kinds.h"

namespace millrace::sim {

struct ManagedEntry {
  std::string manager{}, operation{}, subresource{};  // operation: Apply or Update
  core::Instant time{};
  FieldSet fields{};
  bool same_manager(const ManagedEntry& o) const {
    return manager == o.manager && operation == o.operation && subresource == o.subresource;
  }
};
using Managed = std::vector<ManagedEntry>;
bool same_fields(const Managed& a, const Managed& b);  // but for times

struct Stored {
  json::Value object{};  // whole, without managedFields
  Managed managed{};
  std::string bytes{};  // as it goes over the wire, managedFields too
  std::uint64_t version = 0;
  struct Likeness {
    std::uint64_t now = 0, ever = 0;
  };
  mutable std::optional<Likeness> likeness{};  // for who compares servers: it is worked out once for all copies (sim/snapshot.h)
};
using StoredPtr = std::shared_ptr<const Stored>;

struct LogEvent {
  enum class Type { Added, Modified, Deleted };
  Type type = Type::Added;
  std::uint64_t version = 0;
  StoredPtr before{}, after{};  // Deleted: `after` is the last state with the version of the deletion
};

class Store {
 public:
  using Objects = std::map<kube::ObjectKey, StoredPtr>;
  std::uint64_t version() const { return version_; }
  StoredPtr find(const KindRules& kind, const kube::ObjectKey& key) const;
  const Objects& objects(const KindRules& kind) const;
  Objects objects_at(const KindRules& kind, std::uint64_t version) const;  // as they were then; not from before the last compaction
  const std::vector<LogEvent>& log(const KindRules& kind) const;

  StoredPtr put(const KindRules& kind, const kube::ObjectKey& key, json::Value object, Managed managed);
  void erase(const KindRules& kind, const kube::ObjectKey& key);

  // Forgets the events up to and including this version: a watch from before it is told 410.
  void compact(std::uint64_t version);
  std::uint64_t compacted() const { return compacted_; }

 private:
  struct OfKind {
    Objects objects{};
    std::vector<LogEvent> log{};
  };
  OfKind& of(const KindRules& kind);
  std::uint64_t version_ = 100, compacted_ = 0;
  std::map<std::string, OfKind, std::less<>> kinds_{};  // by "plural.group": the order must not depend on addresses
};

}  // namespace millrace::sim
