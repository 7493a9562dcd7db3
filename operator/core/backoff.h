// Exponential delays: first × 2^failures, at most cap; and chance that a copy of a machine repeats.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/time.h"

namespace millrace::core {

constexpr Duration backoff(Duration first, Duration cap, int failures) {
  return std::min(cap, Duration(first * (1L << std::clamp(failures, 0, 30))));
}

// The n-th draw of a seed, evenly spread over all 64 bits (splitmix64): no generator to keep, copy or share.
constexpr std::uint64_t chance(std::uint64_t seed, std::uint64_t n) {
  std::uint64_t x = seed + n * 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace millrace::core
