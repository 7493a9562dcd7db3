#include "engine/index.h"

#include <algorithm>
#include <tuple>

namespace millrace::engine {

void Index::add(const Topic& topic, const Object& object, Meta meta) {
  std::vector<Object>& all = objects_[topic.what];
  const auto before = [meta](const Object& a, const Object& b) {
    const kube::ObjectMeta &one = meta(a.get()), &other = meta(b.get());
    return std::tie(one.ns, one.name) < std::tie(other.ns, other.name);
  };
  all.insert(std::lower_bound(all.begin(), all.end(), object, before), object);
}

void Index::remove(const Topic& topic, const Object& object) {
  const auto all = objects_.find(topic.what);
  if (all == objects_.end()) return;  // two topics of the object share a hash
  std::erase(all->second, object);
  if (all->second.empty()) objects_.erase(all);
}

std::span<const Index::Object> Index::of(const Topic& topic) const {
  const auto all = objects_.find(topic.what);
  return all == objects_.end() ? std::span<const Object>() : std::span<const Object>(all->second);
}

}  // namespace millrace::engine
