#include "support/sim/story.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "core/hash.h"
#include "core/text.h"
#include "support/sim/replay.h"

namespace millrace::sim {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostWrong = 20, kWalks = 12, kRarity = 12;
constexpr std::chrono::seconds kDeepWalks{60}, kDeepRows{600};  // of one story: walks; more than one fault in a row

// A fork runs until it is where an earlier run was: the same server at the same time, quiet, woken at the same instant, with the same
// deeds. What comes then has been judged, but for what the engine remembers; and whether that matters for a write is told by the fork
// that crashes before this very write: a new process must come to the same one.
class Explorer {
 public:
  Explorer(const Story& story, Verdict& verdict) : story_(story), verdict_(verdict) {}

  void reference(Run run) {
    while (!run.over()) step_of_reference(run);
    Sim& sim = run.sim();
    reference_ = reference_of(run);
    verdict_.writes = sim.writes;
    verdict_.wrong = sim.trouble;
    verdict_.end = reference_.end;
    verdict_.creates = sim.creates;
    verdict_.used = sim.used;
    if (verdict_.wrong.empty()) verdict_.wrong = at_end(sim);
    if (verdict_.wrong.empty()) verdict_.wrong = restless(run);
  }

  void explore(Run run, int faults) {
    while (!run.over() && verdict_.wrong.size() < kMostWrong) {
      for (const Fate fate : fates(run)) try_fate(run, fate, faults);
      run.go();
    }
  }

  void walks(std::size_t at_least, std::chrono::seconds for_at_least, std::uint64_t seed) {
    const auto began = Clock::now();
    for (std::size_t n = 0; verdict_.wrong.size() < kMostWrong; ++n) {
      if (n >= at_least && Clock::now() - began >= for_at_least) return;
      const Walk one = walk(story_, reference_, seed + n, kRarity);
      ++verdict_.walks;
      if (!one.wrong.empty()) note("seed " + std::to_string(seed + n), one.decisions, one.wrong);
    }
  }

  void replayed(const Decisions& decisions) {
    verdict_.wrong = replay(story_, reference_, decisions, [](const std::string& what) { std::printf("%s\n", what.c_str()); });
  }

 private:
  void step_of_reference(Run& run) {
    if (const auto now = run.state()) states_[Run::Aim::Reference].insert(*now);
    verdict_.lines += run.next_line() != 0 ? 1 : 0;
    run.go();
  }

  // All at every point; or crashes, conflicts and wipes at every write, and one more that takes its turn. After another fault turns alone.
  std::vector<Fate> fates(Run& run) const {
    const bool first = run.decisions().empty(), all = first && (story_.every || fault_depth() > 1);
    if (run.next_line() != 0) return all ? fates_of_line(story_) : std::vector<Fate>();
    const kube::Request* write = run.sim().next_write();
    if (write == nullptr) return {};
    if (all || story_.leased) return fates_of_write(story_, *write);
    static constexpr Fate kTurns[] = {Fate::CommitThenError, Fate::Lag, Fate::CutStreams};
    std::vector<Fate> out{kTurns[run.next_write() % std::size(kTurns)]};
    if (first) out.insert(out.end(), {Fate::CrashBefore, Fate::CrashAfter});
    if (first && write->method != "POST") out.push_back(Fate::Conflict);
    if (first && story_.wipes) out.push_back(Fate::Wipe);
    return out;
  }

  // A crash leaves nothing but the server: the same server again is the same future.
  bool judged_before(Run& run, Fate fate, int faults) {
    if (!crashes(fate) || fate == Fate::StaleRestart || fate == Fate::Older || story_.leased) return false;
    const std::string state = std::to_string(run.act()) + " " + std::to_string(static_cast<int>(run.aim())) + " " + std::to_string(faults) +
                              " " + core::to_rfc3339(run.sim().now()) + " " + std::to_string(likeness(run.sim().server));
    return !seen_.insert(core::fingerprint(state)).second;
  }

  void try_fate(const Run& from, Fate fate, int faults) {
    Run run = from;
    run.go(fate);
    ++verdict_.tried[std::string(to_text(fate))];
    if (judged_before(run, fate, faults)) {
      ++verdict_.skipped;
      return;
    }
    if (faults > 1 && Clock::now() - began_ < kDeepRows) explore(run, faults - 1);
    const bool joined = finish(run);
    verdict_.used.insert(run.sim().used.begin(), run.sim().used.end());
    ++(joined ? verdict_.joined : verdict_.runs);
    if (joined) return;
    const auto wrong = judge(run, reference_);
    if (!wrong.empty()) note("", run.decisions(), wrong);
  }

  // To the end, or to where an earlier run was: true. A run that is judged by less is followed only by others like it.
  bool finish(Run& run) {
    std::vector<std::uint64_t> passed;
    const auto known = [&](std::uint64_t state) {
      return states_[run.aim()].contains(state) || (run.aim() == Run::Aim::Essence && states_[Run::Aim::Reference].contains(state));
    };
    bool joined = false;
    while (!joined && !run.over()) {
      if (const auto now = run.state()) {
        joined = known(*now);
        passed.push_back(*now);
      }
      if (!joined) run.go();
    }
    if (run.sim().trouble.empty()) states_[run.aim()].insert(passed.begin(), passed.end());
    return joined && run.sim().trouble.empty();
  }

  // With the fewest decisions that still fail, and how to see it again.
  void note(const std::string& how, const Decisions& decisions, std::vector<std::string> wrong) {
    const auto fails = [&](const Decisions& d) {
      auto again = replay(story_, reference_, d);
      const bool failed = !again.empty();
      if (failed) wrong = std::move(again);
      return failed;
    };
    const Decisions fewest = decisions.size() < 2 ? decisions : shrink(decisions, fails);
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    const std::string name = test == nullptr ? "" : std::string(test->test_suite_name()) + "." + test->name();
    verdict_.wrong.push_back("MILLRACE_SIM_REPLAY='" + to_text(fewest) + "' --gtest_filter=" + name +
                             (how.empty() ? "" : " (" + how + ", " + std::to_string(decisions.size()) + " decisions before shrinking)"));
    for (const auto& why : wrong) verdict_.wrong.push_back("  " + why);
  }

  const Story& story_;
  Verdict& verdict_;
  Clock::time_point began_ = Clock::now();
  Reference reference_{};
  std::set<std::uint64_t> seen_{};                        // servers after a crash
  std::map<Run::Aim, std::set<std::uint64_t>> states_{};  // of earlier runs, whenever they were quiet
};

std::uint64_t first_seed(const Story& story) {
  const char* seed = std::getenv("MILLRACE_SIM_SEED");
  return seed == nullptr ? core::fingerprint(story.name) % 1'000'000 : std::strtoull(seed, nullptr, 10);
}

}  // namespace

Verdict explore(const Story& story, int faults) {
  Verdict verdict;
  const auto began = Clock::now();
  Explorer explorer(story, verdict);
  explorer.reference(Run(story));
  const char* replayed = std::getenv("MILLRACE_SIM_REPLAY");
  if (replayed != nullptr && verdict.wrong.empty()) {
    const auto decisions = decisions_of(replayed);
    EXPECT_TRUE(decisions) << "these are no decisions: " << replayed;
    if (decisions) explorer.replayed(*decisions);
  } else if (verdict.wrong.empty() && faults > 0) {
    explorer.explore(Run(story), faults);
    explorer.walks(story.every ? kWalks : 0, faults > 1 ? kDeepWalks : std::chrono::seconds(0), first_seed(story));
  }
  verdict.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  return verdict;
}

std::string report(const Story& story, const Verdict& verdict) {
  std::size_t forks = 0;
  std::string tried;
  for (const auto& [fate, times] : verdict.tried) {
    forks += times;
    tried += " " + fate + " " + std::to_string(times);
  }
  std::printf(
      "story \"%s\": %zu writes, %zu lines; %zu forks:%s; %zu judged at the end, %zu joined an earlier run, %zu began as one; "
      "%zu walks from seed %llu; %.1f s\n",
      story.name.c_str(), verdict.writes, verdict.lines, forks, tried.c_str(), verdict.runs, verdict.joined, verdict.skipped, verdict.walks,
      static_cast<unsigned long long>(first_seed(story)), verdict.seconds);
  return core::join(verdict.wrong, "\n");
}

int fault_depth() {
  const char* depth = std::getenv("MILLRACE_SIM_FAULTS");
  return depth == nullptr ? 1 : std::atoi(depth);
}

}  // namespace millrace::sim
