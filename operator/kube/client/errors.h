// Errors that all ways to the API server tell alike. What an answer may be at most, beside kLargestBody and kLongestLine: transport.h.
#pragma once

#include <string>

#include "kube/client/transport.h"

namespace millrace::kube {

inline constexpr std::size_t kLargestRefusal = 256 * 1024;  // body of a watch that was refused

inline core::Error stopped() { return {.code = core::ErrorCode::Cancelled, .message = "stopped"}; }

inline core::Error too_large(const std::string& what, std::size_t limit) {
  return {.code = core::ErrorCode::TooLarge, .message = what + " has more than " + std::to_string(limit >> 10) + " KiB"};
}

}  // namespace millrace::kube
