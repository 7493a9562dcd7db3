// Replay: whole runs told by their decisions, walks through many of them by a seed, and shrinking: of the decisions of a run that failed
// those are left out without which it still fails (delta debugging). Thread contract: pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "support/sim/judge.h"

namespace millrace::sim {

// What can befall a story at all, by the kind of the point: a write that creates, one that does not, a line.
std::vector<Fate> fates_of_write(const Story& story, const kube::Request& write);
std::vector<Fate> fates_of_line(const Story& story);

// The whole run; what is wrong with it.
std::vector<std::string> replay(const Story& story, const Reference& reference, const Decisions& decisions,
                                const std::function<void(const std::string&)>& tell = {});

// The decisions of a run in which about one point of `rarity` meets a fate, at most `most`; and what is wrong with it.
struct Walk {
  Decisions decisions{};
  std::vector<std::string> wrong{};
};
Walk walk(const Story& story, const Reference& reference, std::uint64_t seed, std::size_t rarity, std::size_t most = 6);

// Fewest decisions with which it still fails, none of which can be left out alone.
Decisions shrink(const Decisions& decisions, const std::function<bool(const Decisions&)>& fails);

}  // namespace millrace::sim
