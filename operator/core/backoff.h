// Exponential delays: first × 2^failures, at most cap.
#pragma once

#include <algorithm>

#include "core/time.h"

namespace millrace::core {

constexpr Duration backoff(Duration first, Duration cap, int failures) {
  return std::min(cap, Duration(first * (1L << std::clamp(failures, 0, 30))));
}

}  // namespace millrace::core
