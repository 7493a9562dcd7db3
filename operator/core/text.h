// Text that came from users: made safe for logs, labels, sentences.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::core {

bool is_utf8(std::string_view s);
std::string to_utf8(std::string_view s);                             // invalid bytes become U+FFFD
std::string cut(std::string_view s, std::size_t bytes);              // at most that many bytes, on a code point's edge, "…" when cut
std::string one_token(std::string_view s, std::size_t bytes = 256);  // for log lines: control bytes and quotes escaped, cut
std::string lower(std::string_view s);                               // ASCII letters
std::vector<std::string_view> split(std::string_view s, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

// A decimal as fields hold it ("0.90", "-1e-3"): compared by value without rounding surprises.
bool is_decimal(std::string_view s);
double decimal(std::string_view s);  // CHECKs is_decimal

}  // namespace millrace::core
