// Random documents from schema tables, for property tests. Pure: the same seed makes the same document.
#pragma once

#include <cstdint>

#include "json/schema.h"
#include "json/value.h"

namespace millrace::json {

// Obeys types and bounds of the table, not its rules. Texts with a pattern are the table's example.
Value random_object(const Schema& schema, std::uint64_t seed);

}  // namespace millrace::json
