// "Did you mean": the known word that a misspelt one is closest to. Pure.
#pragma once

#include <string_view>
#include <vector>

namespace millrace::json {

// "" when none is near: more than a third of the letters would have to change (case does not count).
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace millrace::json
