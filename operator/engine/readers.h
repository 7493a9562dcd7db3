// Readers: who depends on what. A pass reads topics: one key, one owner's children, one label's bearers, one group, one namespace, one
// API; a change of any of them wakes it. Thread contract: plain value.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/facts.h"
#include "kube/model/meta.h"

namespace millrace::engine {

// What a pass can depend on, as a hash: two that share one wake each other's readers for nothing, and no reader is ever missed.
struct Topic {
  std::size_t kind = 0, what = 0;
  auto operator<=>(const Topic&) const = default;
};
Topic topic(std::size_t kind, std::string_view what);
Topic key_topic(std::size_t kind, const kube::ObjectKey& key);
Topic owner_topic(std::size_t kind, std::string_view uid);
Topic label_topic(std::size_t kind, std::string_view ns, std::string_view label, std::string_view value);
Topic group_topic(std::size_t kind, std::string_view ns, std::string_view group);
Topic namespace_topic(std::size_t kind, std::string_view ns);
Topic installed_topic(std::size_t kind);

class Readers {  // topic → whose last pass read it
 public:
  void note(const Who& who, const std::set<Topic>& read);  // instead of what its pass before read
  std::vector<Who> of(const Topic& topic) const;
  std::size_t count() const { return ids_.size(); }  // of readers

 private:
  using Id = std::uint32_t;
  struct Hash {
    std::size_t operator()(const Topic& topic) const { return topic.what ^ (topic.kind * 0x9e3779b97f4a7c15U); }
  };
  void add(const Topic& topic, Id id);
  void remove(const Topic& topic, Id id);
  Id id_of(const Who& who);

  std::unordered_map<Topic, std::vector<Id>, Hash> by_topic_{};
  std::map<Who, Id> ids_{};
  std::vector<std::pair<Who, std::vector<Topic>>> readers_{};  // by id; topics sorted
  std::vector<Id> free_{};
};
static_assert(std::copyable<Readers>);

}  // namespace millrace::engine
