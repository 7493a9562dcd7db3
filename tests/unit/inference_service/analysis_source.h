// A metrics source for tests: answers the questions of a look from counts and latencies of two revisions.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "inference_service/analysis/analysis.h"

namespace millrace::inference_service {

struct Traffic {  // of one revision in the window
  double requests = 0, errors = 0;
  std::function<double(double)> within = [](double) { return 0.0; };  // share of the requests that took at most so many seconds
};

struct Source {
  Traffic canary{}, stable{};
  std::function<plan::Answer(const std::string&)> custom = [](const std::string&) -> plan::Answer { return plan::NoData{}; };
  bool down = false;
  int asked = 0;  // answers given

  plan::Fact answer(const plan::Question& question);
  std::vector<plan::Fact> answer(const std::vector<plan::Question>& questions);
};

// What stands in the tests: service team/churn, canary revision "bbb", stable "aaa", a step since 1000 s.
inline constexpr core::Instant kSince{std::chrono::seconds(1000)};
inline core::Instant after(std::int64_t seconds) { return kSince + std::chrono::seconds(seconds); }

struct Stage {  // a step under analysis, as the rollout would drive it
  explicit Stage(Analysis rules, std::int64_t weight = 20, std::string stable = "aaa");
  Stage(const Stage&) = delete;  // `watched` refers to `rules`
  Analysis rules;
  Watched watched;
  std::vector<AnalysisStatus> status{};  // as written
  Findings last{};

  const Findings& pass(core::Instant now, const std::vector<plan::Fact>& facts = {});  // one pass; its entries are written
  const Findings& look(core::Instant now, Source& source);                             // passes until nothing is answered any more
};

AnalysisMetric preset(Preset which, std::string max = {});
Analysis analysis_of(std::vector<AnalysisMetric> metrics);
Analysis two();                                      // ErrorRatio and LatencyP95 as they are without rules
std::function<double(double)> flat(double seconds);  // all take the same time
Source good();                                       // 1 % of errors, a tenth of a second
const AnalysisStatus& entry(const Findings& findings, std::string_view metric);

}  // namespace millrace::inference_service
