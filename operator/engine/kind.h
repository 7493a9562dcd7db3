// Kind: how the engine lists, decodes and indexes one kind without knowing its C++ type.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "json/codec.h"
#include "json/footprint.h"
#include "kube/model/meta.h"

namespace millrace::engine {

struct Kind {
  const kube::Resource* resource = nullptr;
  // Only objects with this label selector are listed and watched ("" = all of the kind).
  std::string selector{};
  // Children that may be applied again: their stripped JSON is kept until a pass has judged it (D8).
  bool judged = false;
  // Labels whose bearers can be looked up by World::labelled.
  std::vector<std::string> indexed_labels{};
  // Its API may be absent: then there are no objects, and World::installed says so; a kind that is not optional must be there.
  bool optional = false;

  core::Result<std::shared_ptr<const void>> (*decode)(std::string_view bytes) = nullptr;
  const kube::ObjectMeta& (*meta)(const void* object) = nullptr;
  json::Value (*status)(const void* object) = nullptr;  // as the Encoder writes it; null where the kind's struct has none
  std::size_t (*bytes)(const void* object) = nullptr;   // that it holds, as json::footprint estimates
  // What World::grouped looks up; null where the kind's struct has no group().
  std::string_view (*group)(const void* object) = nullptr;
  // Two objects of one name of which readers of their group cannot tell one from the other; null: any two differ.
  bool (*same_in_group)(const void* a, const void* b) = nullptr;
  bool operator==(const Kind& o) const { return *resource == *o.resource; }
};

template <class K>
constexpr auto group_of() -> std::string_view (*)(const void*) {
  if constexpr (requires(const K& k) { k.group(); }) {
    return [](const void* o) { return static_cast<const K*>(o)->group(); };
  }
  return nullptr;
}

template <class K>
constexpr auto same_in_group_of() -> bool (*)(const void*, const void*) {
  if constexpr (requires(const K& k) { k.in_group(); }) {
    return [](const void* a, const void* b) {
      const auto& before = *static_cast<const K*>(a);
      const auto& after = *static_cast<const K*>(b);
      return before.group() == after.group() && before.in_group() == after.in_group();
    };
  }
  return nullptr;
}

template <class K>
Kind kind_of(std::string selector = {}, bool judged = false, std::vector<std::string> indexed_labels = {}) {
  return {.resource = &K::kResource,
          .selector = std::move(selector),
          .judged = judged,
          .indexed_labels = std::move(indexed_labels),
          .decode = [](std::string_view bytes) -> core::Result<std::shared_ptr<const void>> {
            MILLRACE_TRY(object, json::decode<K>(bytes));
            return std::shared_ptr<const void>(std::make_shared<const K>(std::move(object)));
          },
          .meta = [](const void* o) -> const kube::ObjectMeta& { return static_cast<const K*>(o)->meta; },
          .status = [](const void* o) -> json::Value {
            if constexpr (requires(const K& k) { json::encode(k.status); }) return json::encode(static_cast<const K*>(o)->status);
            return {};
          },
          .bytes = [](const void* o) { return sizeof(K) + json::footprint(o, K::schema); },
          .group = group_of<K>(),
          .same_in_group = same_in_group_of<K>()};
}

inline Kind optional(Kind kind) {
  kind.optional = true;
  return kind;
}

// The children of ours: app.kubernetes.io/managed-by=millrace.
inline constexpr std::string_view kOurs = "app.kubernetes.io/managed-by=millrace";

}  // namespace millrace::engine
