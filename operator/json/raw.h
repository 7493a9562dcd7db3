// A reader of JSON bytes that only finds where members and items begin and end, so that a list of a thousand objects is cut
// without being parsed twice. It checks structure as far as it must; what it hands out is decoded strictly afterwards.
// Thread contract: pure. Views point into the argument.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace millrace::json {

// The value of a top-level member of an object ("" bytes: absent or no object). Names are compared as written.
std::string_view raw_member(std::string_view object, std::string_view name);

// Each member of an object, in the order they stand, until `use` says false; the name without its quotes, as written.
void raw_members(std::string_view object, const std::function<bool(std::string_view name, std::string_view value)>& use);

// The items of an array; nullopt: not an array.
std::optional<std::vector<std::string_view>> raw_items(std::string_view array);

// A string without its quotes, as written (no escapes resolved); "" when it is none.
std::string_view raw_text(std::string_view value);

}  // namespace millrace::json
