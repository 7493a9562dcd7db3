// What a canary is compared with when stable gets no requests, or there is none.
#include <gtest/gtest.h>

#include "analysis_source.h"
#include "inference_service/analysis/analysis.h"

namespace millrace::inference_service {
namespace {

using Verdict = Findings::Verdict;

TEST(Analysis, AtFullWeightStableIsThatOfAnEarlierStep) {
  Stage step(two());
  Source source = good();
  step.look(after(90), source);
  Stage last(two(), 100);
  last.status = fresh(step.status);
  EXPECT_TRUE(last.status[0].frozen);
  EXPECT_FALSE(last.status[0].passed);
  EXPECT_EQ(last.status[0].at, std::nullopt);
  source.stable = {};
  const Findings& found = last.look(after(90), source);
  EXPECT_EQ(found.verdict, Verdict::Passed);
  EXPECT_EQ(entry(found, "ErrorRatio").stable, "0.01");
  EXPECT_EQ(entry(found, "ErrorRatio").stable_samples, 8000);
  EXPECT_TRUE(entry(found, "LatencyP95").frozen);
  EXPECT_FALSE(found.observed_share);
  for (const plan::Question& question : found.questions)
    EXPECT_EQ(std::get<plan::MetricsQuery>(question.what).text.find("churn-aaa"), std::string::npos);
  source.canary.errors = 80;
  source.canary.within = flat(0.2);
  for (std::int64_t now = 120; now <= 180; now += 30) last.look(after(now), source);
  EXPECT_EQ(last.last.verdict, Verdict::Failed);
  EXPECT_EQ(entry(last.last, "LatencyP95").failures, 3);
  EXPECT_EQ(fresh(last.status)[0].stable, "0.01") << "and so in the bake";
}

TEST(Analysis, WithoutAnEarlierStepNothingCanBeComparedAtFullWeight) {
  Stage step(two(), 100);
  Source source = good();
  const Findings& found = step.look(after(90), source);
  EXPECT_EQ(found.verdict, Verdict::Waiting);
  EXPECT_EQ(entry(found, "LatencyP95").verdict, "Inconclusive");
}

TEST(Analysis, AnInconclusiveStepLeavesNothingToCompareWith) {
  EXPECT_EQ(fresh({{.metric = "a", .stable = "0.01", .verdict = "Inconclusive"}})[0], (AnalysisStatus{.metric = "a"}));
}

TEST(Analysis, WithoutAStableRevisionOnlyAbsoluteRulesCount) {
  Stage step(analysis_of({preset(Preset::ErrorRatio, "0.02"), preset(Preset::LatencyP95)}), 100, "");
  Source source = good();
  EXPECT_EQ(step.look(after(90), source).verdict, Verdict::Passed);
  EXPECT_EQ(entry(step.last, "LatencyP95").why, "there is no stable revision to compare with");
  Stage none(two(), 100, "");
  EXPECT_EQ(none.pass(after(90)).verdict, Verdict::Passed);
  EXPECT_EQ(none.last.next, std::nullopt);
}

}  // namespace
}  // namespace millrace::inference_service
