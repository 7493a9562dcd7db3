// The world that the benchmarks share: made once, when the first of them needs it.
#pragma once

#include "at_rest.h"

namespace millrace::bench {

inline constexpr int kServices = 100;

inline AtRest& small_world() {
  static AtRest world(kServices);
  return world;
}

inline const std::map<std::string, std::vector<std::string>>& small_lines() {
  static const auto lines = lines_of(small_world());
  return lines;
}

}  // namespace millrace::bench
