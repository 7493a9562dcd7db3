// Analysis of a step: from the rules, the answers of the metrics source and what was counted before to the next counts, a verdict and the
// next questions. Pure. An answer is counted once, by the instant of its window's end (D18); a window begins after the traffic had
// converged and warmed up and never reaches back before that (D25).
//
// Looks stand at since + warmup + k·interval, k ≥ 1, never at `now`: the same questions are asked after a restart, and lost answers are
// asked for again. A window is all of the time from since + warmup to the look, at most an hour, so that evidence grows with each look and
// a service with little traffic waits instead of guessing. What follows from the numbers is in evidence.h, how they are asked for in
// query.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "inference_service/api/analysis.h"
#include "inference_service/runtimes/runtime.h"
#include "plan/plan.h"

namespace millrace::inference_service {

inline constexpr std::int64_t kFreezeWeight = 95;  // from this weight on stable's numbers are those of an earlier step (D25)

struct Watched {  // what is being judged
  const Analysis& rules;
  const Runtime* runtime = nullptr;  // of the canary; nullptr: unknown, presets find no data
  std::string ns{}, name{};          // of the service
  std::string canary{}, stable{};    // revisions; stable "": none, comparisons do not count
  std::int64_t weight = 0;           // the canary's, in percent
  core::Instant since{};             // the step's traffic has been converged since then; warmup comes on top
  core::Instant now{};
};

struct Findings {
  // Passed: every metric has passed at least once in this step, the newest conclusive look of none failed, and the source answers.
  // Failed: one exceeds its limit of failures. Metrics that only compare do not count where there is no stable revision.
  enum class Verdict { Waiting, Passed, Failed };
  Verdict verdict = Verdict::Waiting;
  std::vector<AnalysisStatus> entries{};         // for status.analysis
  std::vector<plan::Question> questions{};       // of the look that is due or comes next
  std::optional<core::Instant> next{};           // when the next look is due: later than `now`; none: there is nothing to look at
  bool source_down = false;                      // the newest look found no source
  std::optional<std::int64_t> observed_share{};  // percent of the requests that the canary had in the window; presets only
  // The metric that decides or is waited for, for people: what was measured, what is allowed, how many requests.
  std::string metric{}, value{}, threshold{}, why{};
  std::int64_t samples = 0;
};

Findings analyse(const Watched& watched, const std::vector<AnalysisStatus>& before, const std::vector<plan::Fact>& facts);

// What a step takes over from the one before it: stable's numbers, for when it gets no requests any more. Counts and verdicts begin anew.
std::vector<AnalysisStatus> fresh(const std::vector<AnalysisStatus>& before);

// What the rules ask for that cannot be: an unknown template variable, an unknown source, a query where none may be. "": nothing.
// The sentence names path, value and what is allowed.
std::string unusable(const Analysis& rules, const std::vector<std::string>& sources, bool custom_queries);

}  // namespace millrace::inference_service
