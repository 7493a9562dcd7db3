// The one place that names simdjson: parse bytes, visit the document before the next parse. Only for the .cpp files of this room.
#pragma once

#include <functional>
#include <string_view>

#include <simdjson.h>

#include "core/result.h"
#include "json/value.h"

namespace millrace::json {

inline constexpr std::size_t kMaxBytes = 3u << 20;
inline constexpr int kMaxDepth = 64;

// Parses and hands the root to `use`; its views live until `use` returns. Mends and errors as json::parse.
core::Result<void> with_document(std::string_view bytes, const std::function<core::Result<void>(simdjson::dom::element)>& use);

Value to_value(simdjson::dom::element e);

// A short picture of a value for messages: at most 60 bytes.
std::string shown(simdjson::dom::element e);

}  // namespace millrace::json
