// Where and why a text is no JSON: the slow path behind the fast parser, which names no position. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace::json {

struct Fault {
  std::size_t at = 0;  // byte
  std::string what{};  // "" when the text is JSON of at most max_depth levels
};
Fault first_fault(std::string_view bytes, int max_depth);

// "line 3, column 14" (columns count bytes).
std::string position(std::string_view bytes, std::size_t at);

// Integers that do not fit 64 bits, written as numbers with an exponent, which parsers of doubles accept ("1e0" style).
std::string with_big_integers_as_doubles(std::string_view json);

}  // namespace millrace::json
