#include "core/text.h"

#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>

#include "core/check.h"

namespace millrace::core {

namespace {

constexpr std::string_view kEllipsis = "…";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct CodePoint {
  std::size_t bytes = 0;  // at least 1
  std::uint32_t value = 0;
  bool valid = false;
};

// Invalid: `bytes` is the longest start of a code point that could have been one (Unicode 3.9, "maximal subpart").
CodePoint code_point(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, lead, true};
  const std::size_t length = lead >= 0xF0 && lead <= 0xF4 ? 4 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xC2 && lead < 0xE0 ? 2 : 0;
  if (length == 0) return {1, 0, false};
  std::uint32_t value = lead & (0x7F >> length);
  for (std::size_t i = 1; i < length; ++i) {
    unsigned char low = 0x80, high = 0xBF;
    if (i == 1 && lead == 0xE0) low = 0xA0;
    if (i == 1 && lead == 0xED) high = 0x9F;  // surrogates
    if (i == 1 && lead == 0xF0) low = 0x90;
    if (i == 1 && lead == 0xF4) high = 0x8F;
    if (i >= s.size() || byte(i) < low || byte(i) > high) return {i, 0, false};
    value = value << 6 | (byte(i) & 0x3F);
  }
  return {length, value, true};
}

// How many bytes at the front are ASCII, in steps of eight: almost all texts are, wholly.
std::size_t ascii(std::string_view s) {
  std::size_t i = 0;
  for (; i + 8 <= s.size(); i += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, s.data() + i, 8);
    if (eight & 0x8080808080808080) break;
  }
  return i;
}

bool breaks_a_line_or_its_order(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029 || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

std::string escaped(std::string_view bytes, std::uint32_t c) {
  if (c == '"') return "\\\"";
  if (c == '\\') return "\\\\";
  if (c == '\n') return "\\n";
  if (c == '\t') return "\\t";
  if (c == '\r') return "\\r";
  if (!breaks_a_line_or_its_order(c)) return std::string(bytes);
  static constexpr char kDigits[] = "0123456789abcdef";
  return {'\\', 'u', kDigits[c >> 12 & 15], kDigits[c >> 8 & 15], kDigits[c >> 4 & 15], kDigits[c & 15]};
}

}  // namespace

bool is_utf8(std::string_view s) {
  s.remove_prefix(ascii(s));
  while (!s.empty()) {
    const CodePoint c = code_point(s);
    if (!c.valid) return false;
    s.remove_prefix(c.bytes);
  }
  return true;
}

std::string to_utf8(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  while (!s.empty()) {
    const CodePoint c = code_point(s);
    out += c.valid ? s.substr(0, c.bytes) : kReplacement;
    s.remove_prefix(c.bytes);
  }
  return out;
}

std::string cut(std::string_view s, std::size_t bytes) {
  if (s.size() <= bytes) return std::string(s);
  const bool mark = bytes >= kEllipsis.size();
  std::size_t end = mark ? bytes - kEllipsis.size() : bytes;
  while (end > 0 && (static_cast<unsigned char>(s[end]) & 0xC0) == 0x80) --end;
  return std::string(s.substr(0, end)) + std::string(mark ? kEllipsis : "");
}

std::string one_token(std::string_view s, std::size_t bytes) {
  std::string out;
  std::size_t fits = 0;  // where `out` may end so that the ellipsis still fits and no escape is cut apart
  while (!s.empty()) {
    const CodePoint c = code_point(s);
    out += c.valid ? escaped(s.substr(0, c.bytes), c.value) : std::string(kReplacement);
    if (out.size() > bytes) return out.substr(0, fits) + std::string(bytes >= kEllipsis.size() ? kEllipsis : "");
    if (out.size() + kEllipsis.size() <= bytes) fits = out.size();
    s.remove_prefix(c.bytes);
  }
  return out;
}

std::vector<std::string_view> split(std::string_view s, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t end = s.find(separator);
    out.push_back(s.substr(0, end));
    if (end == std::string_view::npos) return out;
    s.remove_prefix(end + 1);
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (&part != parts.data()) out += separator;
    out += part;
  }
  return out;
}

static std::size_t digits(std::string_view s, std::size_t from) {
  while (from < s.size() && s[from] >= '0' && s[from] <= '9') ++from;
  return from;
}

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_decimal(std::string_view s) {
  const std::size_t start = !s.empty() && s[0] == '-';
  std::size_t i = digits(s, start);
  if (i == start) return false;
  if (i < s.size() && s[i] == '.') {
    const std::size_t fraction = i + 1;
    if (i = digits(s, fraction); i == fraction) return false;
  }
  if (i < s.size() && (s[i] == 'e' || s[i] == 'E')) {
    std::size_t exponent = i + 1;
    if (exponent < s.size() && (s[exponent] == '-' || s[exponent] == '+')) ++exponent;
    if (i = digits(s, exponent); i == exponent) return false;
  }
  return i == s.size();
}

double decimal(std::string_view s) {
  MILLRACE_CHECK(is_decimal(s));
  double out = 0;
  if (std::from_chars(s.data(), s.data() + s.size(), out).ec == std::errc()) return out;
  const std::size_t exponent = s.find_first_of("eE");
  const bool tiny = exponent != std::string_view::npos && s[exponent + 1] == '-';
  const double huge = std::numeric_limits<double>::infinity();
  return tiny ? 0 : s[0] == '-' ? -huge : huge;
}

}  // namespace millrace::core
