// history[] of a status: the last 20 decisions, oldest first.
#pragma once

#include <string>
#include <vector>

#include "core/time.h"

namespace millrace::shared {

inline constexpr std::size_t kHistory = 20;

// Appends unless the newest entry says the same (reason and message).
template <class Entry>
void remember(std::vector<Entry>& history, core::Instant now, std::string reason, std::string message) {
  if (!history.empty() && history.back().reason == reason && history.back().message == message) return;
  history.push_back({now, std::move(reason), std::move(message)});
  if (history.size() > kHistory) history.erase(history.begin(), history.end() - kHistory);
}

}  // namespace millrace::shared
