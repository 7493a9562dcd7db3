// Defaults of tables as documents. Only for the .cpp files of this room.
#pragma once

#include "json/schema.h"
#include "json/value.h"

namespace millrace::json {

// The default or example of a field as a document: plain text for leaves that are text, JSON for all others. Error: no JSON.
core::Result<Value> literal(const Codec& codec, std::string_view text);

}  // namespace millrace::json
