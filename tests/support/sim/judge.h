// Judge: what a run has come to, beside the reference: the same story undisturbed. Thread contract: plain values and pure functions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "support/sim/run.h"

namespace millrace::sim {

struct Reference {
  Snapshot end{}, essence{};
  std::uint64_t likeness = 0;
  core::Instant at{};
  std::map<std::string, int> creates{}, deletes{};
  std::map<std::string, std::string> foreign{};
};

Reference reference_of(Run& run);  // at its end

// A new process over a cluster at rest has nothing to write; a sentence for each thing that it does.
std::vector<std::string> restless(Run run);

// Of a run at its end: a sentence for each thing that is wrong.
std::vector<std::string> judge(Run& run, const Reference& reference);

}  // namespace millrace::sim
