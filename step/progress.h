#pragma once

#include "step/text.h"

#include <string_view>

namespace millrace::step {

inline constexpr std::size_t kMostProgress = 2048;

/// `progress.json` as the command left it: text from `{` to `}`, no more is judged here.
struct Progress {
  Text<kMostProgress> text;
  const char* wrong = nullptr;  ///< one sentence; nullptr: nothing is, or there is no such file
};

/// Never waits: what is no regular file (a link, a pipe, a device) is wrong, and so is what is larger than 2 kB.
Progress read_progress(const char* path);

}  // namespace millrace::step
