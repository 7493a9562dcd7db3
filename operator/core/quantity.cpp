#include "core/quantity.h"

#include <charconv>
#include <limits>

namespace millrace::core {

namespace {

__extension__ using Wide = __int128;

// value = digits × 10^tens × 2^twos
struct Parsed {
  Wide digits = 0;
  int tens = 0, twos = 0;
};

struct Suffix {
  std::string_view text;
  int tens, twos;
};
constexpr Suffix kSuffixes[] = {{"", 0, 0},    {"n", -9, 0},  {"u", -6, 0},  {"m", -3, 0}, {"k", 3, 0},   {"M", 6, 0},
                                {"G", 9, 0},   {"T", 12, 0},  {"P", 15, 0},  {"E", 18, 0}, {"Ki", 0, 10}, {"Mi", 0, 20},
                                {"Gi", 0, 30}, {"Ti", 0, 40}, {"Pi", 0, 50}, {"Ei", 0, 60}};

bool parse_suffix(std::string_view s, Parsed& out) {
  for (const Suffix& suffix : kSuffixes) {
    if (suffix.text != s) continue;
    out.tens += suffix.tens;
    out.twos = suffix.twos;
    return true;
  }
  if (s.size() < 2 || (s[0] != 'e' && s[0] != 'E')) return false;
  s.remove_prefix(1);
  if (s[0] == '+' && s.size() > 1 && s[1] != '-') s.remove_prefix(1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), exponent);
  if (error != std::errc() || end != s.data() + s.size() || exponent > 60 || exponent < -60) return false;
  out.tens += exponent;
  return true;
}

std::optional<Parsed> parse(std::string_view s) {
  Parsed out;
  bool negative = false, point = false, any = false;
  std::size_t i = 0;
  if (i < s.size() && (s[i] == '-' || s[i] == '+')) negative = s[i++] == '-';
  for (; i < s.size(); ++i) {
    if (s[i] == '.' && !point) {
      point = true;
      continue;
    }
    if (s[i] < '0' || s[i] > '9') break;
    if (out.digits > std::numeric_limits<Wide>::max() / 100) return {};
    any = true;
    out.digits = out.digits * 10 + (s[i] - '0');
    out.tens -= point;
  }
  if (!any || !parse_suffix(s.substr(i), out)) return {};
  if (negative) out.digits = -out.digits;
  return out;
}

// Multiplied exactly, divided away from zero, as resource.Quantity does.
std::optional<std::int64_t> scaled(std::string_view text, int tens) {
  auto p = parse(text);
  if (!p) return {};
  Wide v = p->digits;
  if (v == 0) return 0;
  p->tens += tens;
  for (; p->tens > 0; --p->tens) {
    if (__builtin_mul_overflow(v, Wide(10), &v)) return {};
  }
  for (; p->twos > 0; --p->twos) {
    if (__builtin_mul_overflow(v, Wide(2), &v)) return {};
  }
  bool rest = false;
  for (; p->tens < 0; ++p->tens) {
    rest |= v % 10 != 0;
    v /= 10;
  }
  if (rest) v += p->digits < 0 ? -1 : 1;
  if (v > std::numeric_limits<std::int64_t>::max() || v < std::numeric_limits<std::int64_t>::min()) return {};
  return static_cast<std::int64_t>(v);
}

}  // namespace

std::optional<std::int64_t> quantity_millis(std::string_view text) { return scaled(text, 3); }
std::optional<std::int64_t> quantity_value(std::string_view text) { return scaled(text, 0); }

}  // namespace millrace::core
