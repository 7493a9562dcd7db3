// Index: objects of one kind by what they are looked up with: an owner, a label, a group. It goes by the topic's hash, so who looks up
// tells apart those that share one. Thread contract: plain value.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/readers.h"
#include "kube/model/meta.h"

namespace millrace::engine {

class Index {
 public:
  using Object = std::shared_ptr<const void>;
  using Meta = const kube::ObjectMeta& (*)(const void* object);

  void add(const Topic& topic, const Object& object, Meta meta);
  void remove(const Topic& topic, const Object& object);
  std::span<const Object> of(const Topic& topic) const;  // by namespace and name

 private:
  std::unordered_map<std::size_t, std::vector<Object>> objects_{};
};
static_assert(std::copyable<Index>);

}  // namespace millrace::engine
