// Patterns of schemas (RE2 syntax, as CRDs use it): linear time, compiled once.
#pragma once

#include <string_view>

namespace millrace::json {

// True when the pattern is found in the text (anchors are the pattern's own). CHECKs that the pattern compiles.
bool matches(std::string_view pattern, std::string_view text);

bool compiles(std::string_view pattern);

}  // namespace millrace::json
