// Percent encoding of URLs (RFC 3986). Pure.
#pragma once

#include <string>
#include <string_view>

namespace millrace::core {

inline constexpr std::string_view kUnreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

// Each byte that is not among `kept` becomes %XX.
std::string percent_encoded(std::string_view s, std::string_view kept = kUnreserved);

}  // namespace millrace::core
