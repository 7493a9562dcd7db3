// Story: what people do to the cluster, step by step, each when the step before has come to rest; and the exploration of one:
// at every write and every line of a watch of the undisturbed run, fates are tried on forks, each of which then runs to its end and is
// judged against the reference. After that come walks: runs with several fates at points chosen by a seed.
// MILLRACE_SIM_FAULTS   how deep: 1, or nothing: the fates take turns, but for stories that try every one at every point, and a few
//                       walks; from 2 on all are tried everywhere, then so many in a row in turns, for ten minutes a story, and walks
//                       for a minute
// MILLRACE_SIM_REPLAY   the one run with these decisions, as a failure prints them; each write is printed
// Thread contract: none.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "support/sim/sim.h"
#include "support/sim/snapshot.h"

namespace millrace::sim {

struct Act {
  std::string what{};
  std::function<void(ApiServer&, core::Instant)> act{};
  core::Duration later{};               // so much time goes by, at rest, before it
  std::function<void(Sim&)> happens{};  // to the operator itself
};

struct Story {
  std::string name{};
  engine::Controllers controllers{};
  Script script{};
  std::vector<Act> acts{};
  Prometheus prometheus{};  // what the metrics sources answer
  // At the end a write is still refused, and tried again on the clock: a restart tries it too, and comes to the same end.
  bool refused_at_rest = false;
  bool poisoned = false;  // an object cannot be read, or a pass runs into a bug, as the story wants it
  bool wipes = false;     // the kinds rebuild a lost status (D21)
  bool every = false;     // each fate is tried at each point
  bool leased = false;    // the operator stands for election: what is tried is who leads
  bool unfenced = false;  // a bug of the driver, for the test of its oracle: what was decided under an old fence is sent all the same
  // Holds after every write; a sentence when it does not.
  std::function<std::string(const ApiServer&)> always{};
  std::vector<std::string> foreign{};  // paths ("/api/v1/namespaces/default/services/x") of objects that nobody may change
};

struct Verdict {
  std::size_t writes = 0, lines = 0;              // of the reference
  std::size_t runs = 0, joined = 0, skipped = 0;  // forks that were judged at their end, came to where an earlier run was, began as one
  std::map<std::string, std::size_t> tried{};     // forks by fate
  std::size_t walks = 0;
  double seconds = 0;
  std::vector<std::string> wrong{};
  Snapshot end{};                        // of the reference
  std::set<Access> used{};               // by the operator, in all runs
  std::map<std::string, int> creates{};  // of the reference
};

// `faults` 0: the reference alone, with the oracles that need no comparison.
Verdict explore(const Story& story, int faults = 1);

// Prints the totals, and gives what is wrong in one text: empty when all is well.
std::string report(const Story& story, const Verdict& verdict);

int fault_depth();  // MILLRACE_SIM_FAULTS, or 1

}  // namespace millrace::sim
