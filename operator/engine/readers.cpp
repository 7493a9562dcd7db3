#include "engine/readers.h"

#include <algorithm>
#include <functional>
#include <iterator>

namespace millrace::engine {

Topic topic(std::size_t kind, std::string_view what) { return {kind, std::hash<std::string_view>{}(what)}; }
Topic key_topic(std::size_t kind, const kube::ObjectKey& key) { return topic(kind, "key:" + key.ns + "/" + key.name); }
Topic owner_topic(std::size_t kind, std::string_view uid) { return topic(kind, "owner:" + std::string(uid)); }
Topic label_topic(std::size_t kind, std::string_view ns, std::string_view label, std::string_view value) {
  return topic(kind, "label:" + std::string(ns) + "/" + std::string(label) + "=" + std::string(value));
}
Topic group_topic(std::size_t kind, std::string_view ns, std::string_view group) {
  return topic(kind, "group:" + std::string(ns) + "/" + std::string(group));
}
Topic namespace_topic(std::size_t kind, std::string_view ns) { return topic(kind, "ns:" + std::string(ns)); }
Topic installed_topic(std::size_t kind) { return topic(kind, "installed"); }

Readers::Id Readers::id_of(const Who& who) {
  const auto [at, is_new] = ids_.try_emplace(who, static_cast<Id>(readers_.size()));
  if (!is_new) return at->second;
  if (free_.empty()) {
    readers_.emplace_back(who, std::vector<Topic>{});
  } else {
    at->second = free_.back();
    free_.pop_back();
    readers_[at->second].first = who;
  }
  return at->second;
}

void Readers::add(const Topic& topic, Id id) {
  std::vector<Id>& all = by_topic_[topic];
  all.insert(std::lower_bound(all.begin(), all.end(), id), id);
}

void Readers::remove(const Topic& topic, Id id) {
  const auto all = by_topic_.find(topic);
  all->second.erase(std::lower_bound(all->second.begin(), all->second.end(), id));
  if (all->second.empty()) by_topic_.erase(all);
}

void Readers::note(const Who& who, const std::set<Topic>& read) {
  if (read.empty() && !ids_.contains(who)) return;
  const Id id = id_of(who);
  std::vector<Topic>& before = readers_[id].second;
  std::vector<Topic> gone, come;
  std::set_difference(before.begin(), before.end(), read.begin(), read.end(), std::back_inserter(gone));
  std::set_difference(read.begin(), read.end(), before.begin(), before.end(), std::back_inserter(come));
  for (const Topic& topic : gone) remove(topic, id);
  for (const Topic& topic : come) add(topic, id);
  if (!gone.empty() || !come.empty()) before = std::vector<Topic>(read.begin(), read.end());
  if (!read.empty()) return;
  ids_.erase(who);
  free_.push_back(id);
}

std::vector<Who> Readers::of(const Topic& topic) const {
  std::vector<Who> out;
  if (const auto all = by_topic_.find(topic); all != by_topic_.end()) {
    for (const Id id : all->second) out.push_back(readers_[id].first);
  }
  return out;
}

}  // namespace millrace::engine
