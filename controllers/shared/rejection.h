// Rejection: what the status of an object says that cannot be read at all (D23: spec invalid). Pure.
#pragma once

#include <cstdint>
#include <string>

#include "core/time.h"
#include "json/value.h"

namespace millrace::shared {

// The members of `status`, as it is stored, that tell `why`; other members, and conditions of other types, stay as they are.
json::Object rejection(const json::Value& status, std::int64_t generation, const std::string& why, core::Instant now);

}  // namespace millrace::shared
