// Store: the caches of all watched kinds. Objects are immutable once stored and shared between copies.
// Never back in time: an older object of the same uid is ignored, and a list does not take away what is newer than the list.
// An object that does not decode is kept apart: readers find nothing under its name, and its own controller tells people why.
// A deletion that the server confirmed is final for its uid at once, whatever the watch still says.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/index.h"
#include "engine/kind.h"
#include "engine/readers.h"
#include "engine/reflector.h"
#include "engine/unreadable.h"
#include "json/value.h"

namespace millrace::engine {

// What stuck of an apply: judged once per (hash, live bytes), then remembered without the bytes (D8).
struct Verdict {
  std::string hash{};
  bool covered = false;
  std::string difference{};  // first path with both values, when not covered
};

struct Entry {
  std::shared_ptr<const void> object{};
  const kube::ObjectMeta* meta = nullptr;    // inside object
  std::uint64_t fingerprint = 0;             // judged kinds: of the bytes without status, versions and managedFields
  std::shared_ptr<const std::string> raw{};  // those bytes, until a pass has judged them
  std::optional<std::int64_t> replicas{};    // judged kinds: spec.replicas
  std::optional<Verdict> verdict{};
  std::size_t bytes = 0;  // that the entry holds, as estimated
};

class Store {
 public:
  using Objects = std::vector<Index::Object>;

  Store() = default;
  explicit Store(std::vector<Kind> kinds);

  struct Moved {
    std::vector<Topic> topics{};          // of the old and of the new object; of a group only if its readers see a change
    std::vector<kube::ObjectKey> keys{};  // objects that came, changed or went
    std::vector<std::pair<kube::ObjectKey, std::string>> undecodable{};
  };
  Moved apply(std::size_t kind, const Change& change);
  Moved put(std::size_t kind, std::string_view object);                            // an answer of the server to a call of ours
  Moved gone(std::size_t kind, const kube::ObjectKey& key, std::string_view uid);  // a confirmed deletion

  std::size_t index_of(const kube::Resource& kind) const;  // CHECKs that it is watched
  const std::vector<Kind>& kinds() const { return kinds_; }
  const Entry* find(std::size_t kind, const kube::ObjectKey& key) const;
  const kube::ObjectMeta* find_meta(std::size_t kind, const kube::ObjectKey& key) const;  // of either
  const Unreadable* find_unreadable(std::size_t kind, const kube::ObjectKey& key) const;
  bool installed(std::size_t kind) const { return caches_[kind].installed; }
  std::size_t count(std::size_t kind) const { return caches_[kind].objects.size() + caches_[kind].unreadable.size(); }
  std::size_t bytes(std::size_t kind) const { return caches_[kind].bytes; }  // estimated; without what cannot be read
  // Names whose confirmed deletions the watch has not told yet.
  std::size_t tombstones() const {
    return std::accumulate(caches_.begin(), caches_.end(), std::size_t{0},
                           [](std::size_t n, const Cache& cache) { return n + cache.tombstones.size(); });
  }

  Objects owned(std::size_t kind, std::string_view uid) const;
  Objects labelled(std::size_t kind, std::string_view ns, std::string_view label, std::string_view value) const;
  Objects grouped(std::size_t kind, std::string_view ns, std::string_view group) const;
  Objects everywhere(std::size_t kind, std::string_view label) const;  // its bearers in all namespaces
  Objects list(std::size_t kind, std::string_view ns) const;

  // Does the live object cover `desired`, and say so itself by its applied hash? Judges the bytes that are there, then drops them.
  Verdict judge(std::size_t kind, const kube::ObjectKey& key, const json::Value& desired);

 private:
  struct Cache {
    std::map<kube::ObjectKey, Entry> objects{};
    std::map<kube::ObjectKey, Unreadable> unreadable{};  // never a key of both
    Index index{};
    std::map<kube::ObjectKey, std::set<std::string>> tombstones{};  // uids that are gone for good
    bool installed = true;
    std::size_t bytes = 0;
  };
  std::vector<Topic> indexes(std::size_t kind, const kube::ObjectMeta& meta,
                             const void* object) const;  // of its group first, if it has one
  bool is_news(std::size_t kind, const kube::ObjectMeta& meta) const;
  void put_into(std::size_t kind, std::string_view object, Moved& out);
  void put_unreadable(std::size_t kind, Unreadable next, Moved& out);
  void judge_later(std::size_t kind, std::string_view object, const Entry* before, Entry& next) const;
  void remove(std::size_t kind, const Change& change, Moved& out);
  void erase_from(std::size_t kind, const kube::ObjectKey& key, Moved& out, bool same_in_group = false);
  void replace(std::size_t kind, const Change& change, Moved& out);
  static void touch(std::size_t kind, const kube::ObjectMeta& meta, std::span<const Topic> indexes, Moved& out);
  // Those of a topic; `is` tells them from others that share its hash.
  template <typename Is>
  Objects indexed(std::size_t kind, const Topic& topic, Is is) const;

  std::vector<Kind> kinds_{};
  std::vector<Cache> caches_{};
};
static_assert(std::copyable<Store>);

}  // namespace millrace::engine
