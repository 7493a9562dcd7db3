#include "json/yaml_scalar.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace millrace::json {

namespace {

using Words = std::set<std::string_view>;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Go's ParseInt with base 0: 0x, 0o, 0b, a leading 0 means octal. The sign is already gone.
std::optional<std::uint64_t> unsigned_integer(std::string_view s) {
  int base = 10;
  if (s.size() > 1 && s[0] == '0') {
    const char mark = s[1];
    base = mark == 'x' || mark == 'X' ? 16 : mark == 'b' || mark == 'B' ? 2 : 8;
    s.remove_prefix(base != 8 || mark == 'o' || mark == 'O' ? 2 : 1);
  }
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), out, base);
  if (error != std::errc() || end != s.data() + s.size()) return {};
  return out;
}

Value from_double(double d) {
  if (d == std::floor(d) && std::abs(d) <= 9e15) return static_cast<std::int64_t>(d);
  return d;
}

// [0-9]+(.[0-9]*)? or .[0-9]+, then an exponent.
bool looks_like_a_float(std::string_view s) {
  std::size_t i = 0, digits = 0;
  for (; i < s.size() && is_digit(s[i]); ++i) ++digits;
  if (i < s.size() && s[i] == '.') {
    for (++i; i < s.size() && is_digit(s[i]); ++i) ++digits;
  }
  if (digits == 0 || i == s.size()) return digits > 0;
  if (s[i] != 'e' && s[i] != 'E') return false;
  ++i;
  if (i < s.size() && (s[i] == '-' || s[i] == '+')) ++i;
  return i < s.size() && std::all_of(s.begin() + static_cast<long>(i), s.end(), is_digit);
}

std::optional<Value> number(std::string s) {
  s.erase(std::remove(s.begin(), s.end(), '_'), s.end());
  const bool negative = !s.empty() && s[0] == '-';
  if (negative || (!s.empty() && s[0] == '+')) s.erase(0, 1);
  if (const auto i = unsigned_integer(s)) {
    if (*i <= std::uint64_t{INT64_MAX} + negative) return Value(static_cast<std::int64_t>(negative ? -*i : *i));
    return Value(static_cast<double>(*i) * (negative ? -1 : 1));
  }
  double d = 0;
  if (!looks_like_a_float(s) || std::from_chars(s.data(), s.data() + s.size(), d).ec != std::errc()) return {};
  return from_double(negative ? -d : d);
}

}  // namespace

Value plain_scalar(const std::string& s) {
  static const Words kNull{"", "~", "null", "Null", "NULL"};
  static const Words kTrue{"true", "True", "TRUE", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON"};
  static const Words kFalse{"false", "False", "FALSE", "n", "N", "no", "No", "NO", "off", "Off", "OFF"};
  if (kNull.contains(s)) return nullptr;
  if (kTrue.contains(s)) return true;
  if (kFalse.contains(s)) return false;
  if (is_digit(s[0]) || s[0] == '-' || s[0] == '+' || s[0] == '.') return number(s).value_or(Value(s));
  return s;
}

}  // namespace millrace::json
