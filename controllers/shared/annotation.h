// What a controller remembers in an annotation: a struct as JSON. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "json/codec.h"
#include "kube/model/meta.h"

namespace millrace::shared {

// nullopt: there is none, or it cannot be read.
template <class T>
std::optional<T> read_annotation(const kube::ObjectMeta& meta, std::string_view name) {
  const auto value = json::parse(meta.annotation(name));
  if (!value || value->object() == nullptr) return std::nullopt;
  auto read = json::decode<T>(*value);
  return read ? std::optional(std::move(*read)) : std::nullopt;
}

}  // namespace millrace::shared
