// Rollouts that metrics judge: what the machine makes of the analysis' findings.
#include <gtest/gtest.h>

#include "inference_service/intents.h"
#include "unit/inference_service/world.h"

namespace millrace::inference_service {
namespace {

plan::Answer number(double value) { return plan::Number{value}; }

// One metric, measured every 30 s from a minute on; at most 1.
World judged(Rollout rollout = {}) {
  World w = serving_by_gateway();
  w.settings.metrics_sources = {{.name = "default", .custom_queries = true}};
  rollout.steps = {{50, "2m"}, {100}};
  rollout.bake = minutes(5);
  rollout.analysis = Analysis{.metrics = {{.name = "bad", .query = "bad{ {{canary}} }", .max = "1", .failure_limit = 1}},
                              .inconclusive = rollout.analysis ? rollout.analysis->inconclusive : Inconclusive{}};
  w.seen.service.spec.rollout = rollout;
  w.add_version(2);
  w.settle();
  EXPECT_TRUE(w.status().canary) << w.status().message;
  return w;
}

// Time goes by, and every question that is due gets this answer.
void measure(World& w, core::Duration time, const plan::Answer& answer) {
  const core::Instant end = w.seen.now + std::chrono::duration_cast<seconds>(time);
  while (w.seen.now < end) {
    w.seen.now += seconds(10);
    w.settle();
    w.seen.facts.clear();
    for (const plan::Question& q : w.last.questions) {
      if (q.at <= w.seen.now) w.seen.facts.push_back({.question = q, .answer = answer, .answered = w.seen.now});
    }
    w.settle();
  }
}

TEST(Judged, AGoodStepGoesOnWhenItsPauseIsOver) {
  World w = judged();
  measure(w, seconds(110), number(0.5));
  EXPECT_EQ(w.status().phase, "Canary");
  EXPECT_EQ(w.status().analysis.at(0).verdict, "Pass");
  EXPECT_EQ(w.status().decision.value, "0.5");
  measure(w, seconds(30), number(0.5));
  EXPECT_EQ(w.status().phase, "Baking");
  measure(w, minutes(6), number(0.5));
  EXPECT_EQ(w.status().result, "Promoted");
}

TEST(Judged, ABadStepIsTakenBackWithTheNumbers) {
  World w = judged();
  measure(w, minutes(3), number(7));
  ASSERT_EQ(w.status().refused.size(), 1U);
  EXPECT_EQ(w.status().refused[0].reason, "AnalysisFailed");
  EXPECT_NE(w.status().refused[0].message.find("7"), std::string::npos) << w.status().refused[0].message;
  EXPECT_EQ(w.status().analysis.at(0).failures, 2) << "the evidence stays in status";
  EXPECT_EQ(w.route().find("churn-v2=50"), std::string::npos) << w.route();
}

TEST(Judged, ABadMetricCountsWhileAPersonIsWaitedFor) {
  World w = judged();
  w.seen.service.status.canary->steps = {{50, "Manual"}, {100}};
  measure(w, minutes(3), number(0.5));
  ASSERT_EQ(w.status().phase, "AwaitingApproval");
  measure(w, minutes(2), number(7));
  EXPECT_EQ(w.status().refused.size(), 1U) << "a gate is no excuse";
}

TEST(Judged, OnFailurePauseWaitsForAPerson) {
  World w = judged({.on_failure = OnFailure::Pause});
  measure(w, minutes(5), number(7));
  EXPECT_EQ(w.status().phase, "Paused");
  EXPECT_EQ(w.status().canary->hold->reason, "AnalysisFailed");
  EXPECT_TRUE(w.status().refused.empty());
  EXPECT_EQ(kube::find(w.status().conditions, "CanaryHealthy")->reason, "AnalysisFailed");
}

TEST(Judged, NoDataIsNoVerdictAndTheTimeoutPauses) {
  World w = judged({.analysis = Analysis{.inconclusive = {.timeout = minutes(10)}}});
  measure(w, minutes(5), plan::NoData{});
  EXPECT_EQ(w.status().phase, "Canary");
  EXPECT_EQ(w.status().decision.waiting_for, "a verdict on bad of churn-v2 at step 1/2");
  measure(w, minutes(10), plan::NotANumber{});
  EXPECT_EQ(w.status().phase, "Paused");
  EXPECT_EQ(w.status().canary->hold->reason, "Inconclusive");
  measure(w, minutes(2), number(0.5));
  EXPECT_EQ(w.status().phase, "Baking") << "when data come, it goes on by itself";
}

TEST(Judged, NoDataMayGoOnWhereTheSpecSaysSo) {
  World w = judged({.analysis = Analysis{.inconclusive = {.timeout = minutes(10), .then = Then::Continue}}});
  measure(w, minutes(14), plan::NoData{});
  EXPECT_EQ(w.status().phase, "Baking");
}

TEST(Judged, ASourceThatIsDownNeitherPassesNorFails) {
  World w = judged();
  measure(w, minutes(20), plan::Unreachable{"connection refused"});
  EXPECT_EQ(w.status().phase, "Canary");
  EXPECT_TRUE(w.status().refused.empty());
  EXPECT_EQ(w.status().decision.waiting_for, "metrics source default to answer about churn-v2");
  EXPECT_EQ(kube::find(w.status().conditions, "CanaryHealthy")->reason, "AnalysisSourceDown");
}

TEST(Judged, TheBakeIsWatchedToo) {
  World w = judged();
  measure(w, minutes(3), number(0.5));
  ASSERT_EQ(w.status().phase, "Baking");
  measure(w, minutes(4), number(7));
  EXPECT_EQ(w.status().stable->version, "churn-v1");
  EXPECT_EQ(w.status().result, "RolledBack");
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Judged, AnUnknownSourceIsToldBeforeAnythingBegins) {
  World w = serving_by_gateway();
  w.seen.service.spec.rollout.analysis = Analysis{.source = "elsewhere", .metrics = {{.preset = Preset::ErrorRatio, .max = "0.01"}}};
  w.add_version(2);
  w.settle();
  EXPECT_EQ(kube::find(w.status().conditions, "Accepted")->reason, "AnalysisInvalid");
  EXPECT_FALSE(w.status().canary);
}

TEST(Judged, ASickBakeWaitsForAPersonOrANewerVersion) {
  World w = judged({.on_failure = OnFailure::Pause});
  measure(w, minutes(3), number(0.5));
  ASSERT_EQ(w.status().phase, "Baking");
  measure(w, minutes(10), number(7));
  EXPECT_EQ(w.status().phase, "Paused");
  ASSERT_TRUE(w.status().stable->hold);
  EXPECT_EQ(w.status().stable->hold->reason, "AnalysisFailed");
  EXPECT_EQ(kube::find(w.status().conditions, "CanaryHealthy")->reason, "AnalysisFailed");
  EXPECT_NE(w.status().decision.unblock.find("intent promote churn-v2"), std::string::npos) << w.status().decision.unblock;
  World newer = w;
  newer.add_version(3);
  measure(newer, minutes(1), number(0.5));
  ASSERT_TRUE(newer.status().canary) << newer.status().message;
  EXPECT_EQ(newer.status().canary->version, "churn-v3");
  newer.pods_of["churn-v3"] = Pods::CrashLoop;
  newer.settle();
  ASSERT_TRUE(newer.run_to_settled() || newer.status().stable->hold);
  EXPECT_TRUE(newer.status().stable->hold) << "the cure failed, and v2 is as sick as before";
  EXPECT_EQ(newer.status().last_good->version, "churn-v1");
  w.seen.service.meta.annotations[std::string(kIntentAnnotation)] = "promote churn-v2 id=1 at=" + core::to_rfc3339(w.seen.now) + " by=jo";
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().result, "Promoted");
  EXPECT_FALSE(w.status().stable->hold);
}

TEST(Judged, AWipedStatusGoesOnByTheStepsAndRulesWithWhichItBegan) {
  World w = judged();
  w.seen.service.spec.rollout.steps = {{90, "2m"}, {100}};
  w.seen.service.spec.rollout.analysis.reset();
  const Status before = w.status();
  w.seen.service.status = {};
  w.settle();
  ASSERT_TRUE(w.status().canary);
  EXPECT_EQ(w.status().canary->steps, before.canary->steps);
  EXPECT_EQ(w.status().canary->weight, 50);
  EXPECT_EQ(w.status().rules, before.rules);
  measure(w, minutes(3), number(0.5));
  ASSERT_EQ(w.status().phase, "Baking");
  w.seen.service.status = {};
  w.settle();
  EXPECT_EQ(w.status().phase, "Baking");
  EXPECT_EQ(w.status().rules, before.rules);
}

}  // namespace
}  // namespace millrace::inference_service
