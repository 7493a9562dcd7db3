#include "core/quantity.h"

#include <array>
#include <limits>
#include <utility>

namespace millrace::core {

namespace {

using Wide = __int128;  // millis of "8Ei" do not fit 64 bits before they are checked

struct Number {
  Wide mantissa = 0;
  int decimals = 0;
  std::string_view rest{};
};

std::optional<Number> number_at(std::string_view text) {
  Number out;
  bool negative = false, point = false, any = false;
  std::size_t at = 0;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) negative = text[at++] == '-';
  for (; at < text.size() && ((text[at] >= '0' && text[at] <= '9') || (text[at] == '.' && !point)); ++at) {
    if (text[at] == '.') {
      point = true;
      continue;
    }
    if (out.mantissa > static_cast<Wide>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    out.mantissa = out.mantissa * 10 + (text[at] - '0');
    out.decimals += point;
    any = true;
  }
  if (!any) return std::nullopt;
  if (negative) out.mantissa = -out.mantissa;
  out.rest = text.substr(at);
  return out;
}

// The unit's factor in nanounits; nullopt for an unknown suffix.
std::optional<std::pair<Wide, Wide>> factor(std::string_view suffix) {  // numerator, denominator of one unit
  static constexpr std::array<std::string_view, 6> kBinary{"Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
  static constexpr std::array<std::string_view, 6> kDecimal{"k", "M", "G", "T", "P", "E"};
  if (suffix.empty()) return std::pair<Wide, Wide>{1, 1};
  if (suffix == "m") return std::pair<Wide, Wide>{1, 1000};
  if (suffix == "u") return std::pair<Wide, Wide>{1, 1000000};
  if (suffix == "n") return std::pair<Wide, Wide>{1, 1000000000};
  Wide binary = 1, decimal = 1;
  for (std::size_t i = 0; i < kBinary.size(); ++i) {
    binary *= 1024;
    decimal *= 1000;
    if (suffix == kBinary[i]) return std::pair<Wide, Wide>{binary, 1};
    if (suffix == kDecimal[i]) return std::pair<Wide, Wide>{decimal, 1};
  }
  return std::nullopt;
}

// The decimal exponent of "e3", "E-2"; nullopt when the suffix is none.
std::optional<int> exponent(std::string_view suffix) {
  if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) return std::nullopt;
  const bool negative = suffix[1] == '-';
  std::size_t at = negative || suffix[1] == '+' ? 2 : 1;
  if (at == suffix.size() || suffix.size() - at > 2) return std::nullopt;
  int out = 0;
  for (; at < suffix.size(); ++at) {
    if (suffix[at] < '0' || suffix[at] > '9') return std::nullopt;
    out = out * 10 + (suffix[at] - '0');
  }
  return negative ? -out : out;
}

// ceil(text × scale), exact.
std::optional<std::int64_t> scaled(std::string_view text, Wide scale) {
  auto number = number_at(text);
  if (!number || number->decimals > 12) return std::nullopt;
  Wide top = number->mantissa, bottom = 1;
  int power = -number->decimals;
  if (const auto e = exponent(number->rest)) {
    power += *e;
  } else if (const auto unit = factor(number->rest)) {
    top *= unit->first;
    bottom *= unit->second;
  } else {
    return std::nullopt;
  }
  if (power > 18 || power < -18) return std::nullopt;
  for (; power > 0; --power) top *= 10;
  for (; power < 0; ++power) bottom *= 10;
  top *= scale;
  const Wide out = top >= 0 ? (top + bottom - 1) / bottom : top / bottom;
  if (out > std::numeric_limits<std::int64_t>::max() || out < std::numeric_limits<std::int64_t>::min()) return std::nullopt;
  return static_cast<std::int64_t>(out);
}

}  // namespace

std::optional<std::int64_t> quantity_millis(std::string_view text) { return scaled(text, 1000); }

std::optional<std::int64_t> quantity_value(std::string_view text) { return scaled(text, 1); }

}  // namespace millrace::core
