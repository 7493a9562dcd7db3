#include "inference_service/analysis/analysis.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "analysis_source.h"
#include "inference_service/analysis/text.h"
#include "json/codec.h"

namespace millrace::inference_service {
namespace {

using Verdict = Findings::Verdict;

std::set<core::Instant> instants(const Findings& findings) {
  std::set<core::Instant> out;
  for (const plan::Question& question : findings.questions) out.insert(question.at);
  return out;
}

TEST(Analysis, TheFirstLookIsAnIntervalAfterWarmup) {
  Stage step(two());
  const Findings& found = step.pass(after(5));
  EXPECT_EQ(instants(found), (std::set{after(90)}));
  EXPECT_EQ(found.next, after(90));
  EXPECT_EQ(found.verdict, Verdict::Waiting);
  EXPECT_EQ(entry(found, "ErrorRatio").verdict, "");
  EXPECT_EQ(entry(found, "ErrorRatio").rule, "at most 1.5 × stable");
}

TEST(Analysis, QuestionsAreFewAndAskedOnce) {
  Stage step(two());
  EXPECT_EQ(step.pass(after(90)).questions.size(), 4u) << "requests and errors of both";
  Source source = good();
  step.look(after(90), source);
  source.asked = 0;
  step.look(after(120), source);
  EXPECT_EQ(source.asked, 8) << "and two buckets of both";
  Stage absolute(analysis_of({preset(Preset::ErrorRatio, "0.01"), preset(Preset::LatencyP95, "250ms"), preset(Preset::LatencyP99, "1s")}));
  absolute.look(after(90), source);
  EXPECT_EQ(absolute.pass(after(120)).questions.size(), 5u) << "requests of both, errors, two buckets";
  Stage twice(analysis_of({{.name = "a", .query = "x", .max = "1"}, {.name = "b", .query = "x", .min = "0"}}));
  EXPECT_EQ(twice.pass(after(90)).questions.size(), 1u);
}

TEST(Analysis, TheWindowIsTheTimeSinceWarmupAndAtMostAnHour) {
  Stage step(analysis_of({{.name = "a", .query = "{{window}}", .max = "1"}}));
  const auto text = [&](std::int64_t now) { return std::get<plan::MetricsQuery>(step.pass(after(now)).questions.at(0).what).text; };
  EXPECT_EQ(text(0), "30s");
  step.status[0].at = after(90);
  EXPECT_EQ(text(95), "60s");
  step.status[0].at = after(60 + 7200);
  EXPECT_EQ(text(7300), "3600s");
}

TEST(Analysis, NoQuestionDependsOnNow) {
  Stage a(two()), b(two());
  EXPECT_EQ(a.pass(after(91)).questions, b.pass(after(103)).questions);
}

TEST(Analysis, AGoodCanaryPasses) {
  Stage step(two());
  Source source = good();
  const Findings found = step.look(after(90), source);
  EXPECT_EQ(found.verdict, Verdict::Passed);
  EXPECT_EQ(found.observed_share, 20);
  EXPECT_EQ(instants(found), (std::set{after(120)})) << "the count of this look is stored";
  EXPECT_EQ(found.next, after(120));
  const AnalysisStatus& errors = entry(found, "ErrorRatio");
  EXPECT_EQ(errors.value, "0.01");
  EXPECT_EQ(errors.stable, "0.01");
  EXPECT_EQ(errors.samples, 2000);
  EXPECT_EQ(errors.stable_samples, 8000);
  EXPECT_EQ(errors.at, after(90));
  EXPECT_TRUE(errors.passed);
  const AnalysisStatus& latency = entry(found, "LatencyP95");
  for (const std::string& text : {latency.value, latency.stable, latency.stable_high}) {
    ASSERT_TRUE(measure_of(text)) << text;
    EXPECT_GT(*measure_of(text), 0.075);
    EXPECT_LE(*measure_of(text), 0.1);
  }
}

TEST(Analysis, FailsWhenMoreLooksFailThanAreBorne) {
  Stage step(two());
  Source source = good();
  source.canary.errors = 80;
  EXPECT_EQ(step.look(after(90), source).verdict, Verdict::Waiting);
  EXPECT_EQ(step.look(after(120), source).verdict, Verdict::Waiting);
  const Findings& found = step.look(after(150), source);
  EXPECT_EQ(found.verdict, Verdict::Failed);
  EXPECT_EQ(found.metric, "ErrorRatio");
  EXPECT_EQ(found.value, "0.04");
  EXPECT_EQ(found.threshold, "at most 1.5 × stable (0.01)");
  EXPECT_EQ(found.samples, 2000);
  EXPECT_EQ(found.why, "80 of 2000 requests failed, of stable's 80 of 8000");
  EXPECT_EQ(entry(found, "ErrorRatio").failures, 3);
}

TEST(Analysis, AStepDoesNotEndOnAFailingLook) {
  Stage step(analysis_of({preset(Preset::ErrorRatio, "0.02")}));
  Source source = good();
  EXPECT_EQ(step.look(after(90), source).verdict, Verdict::Passed);
  source.canary.errors = 80;
  EXPECT_EQ(step.look(after(120), source).verdict, Verdict::Waiting);
  source.canary.errors = 20;
  EXPECT_EQ(step.look(after(150), source).verdict, Verdict::Passed);
}

TEST(Analysis, AnAnswerCountsOnceHoweverOftenItIsGiven) {
  Stage step(analysis_of({preset(Preset::ErrorRatio, "0.01")}));
  Source source = good();
  source.canary.errors = 80;
  const auto facts = source.answer(step.pass(after(90)).questions);
  for (int i = 0; i < 5; ++i) step.pass(after(90 + i), facts);
  EXPECT_EQ(entry(step.last, "ErrorRatio").failures, 1);
}

TEST(Analysis, TheOrderOfAnswersDoesNotMatter) {
  Stage step(two());
  Source source = good();
  auto facts = source.answer(step.pass(after(90)).questions);
  const auto by_text = [](const plan::Fact& a, const plan::Fact& b) {
    return std::get<plan::MetricsQuery>(a.question.what) < std::get<plan::MetricsQuery>(b.question.what);
  };
  std::sort(facts.begin(), facts.end(), by_text);
  std::set<std::string> seen;
  do {
    Stage one(two());
    one.pass(after(90), facts);
    seen.insert(json::dump(json::encode(one.status[0])));
  } while (std::next_permutation(facts.begin(), facts.end(), by_text));
  EXPECT_EQ(seen.size(), 1u);
}

// Answers arrive one by one, in separate passes, and the operator is restarted in between: only what is written is known.
TEST(Analysis, ARestartLosesNothingAndCountsNothingTwice) {
  Stage straight(two()), broken(two());
  Source source = good();
  source.canary.errors = 80;
  for (const std::int64_t now : {90, 120}) {
    straight.look(after(now), source);
    std::vector<plan::Fact> facts;
    for (int i = 0; i < 20; ++i) {
      broken.pass(after(now + i), facts);
      if (i == 7) facts.clear();  // the answers lived in memory
      const auto& questions = broken.last.questions;
      const auto missing = std::find_if(questions.begin(), questions.end(), [&](const plan::Question& q) {
        return q.at <= after(now) && std::none_of(facts.begin(), facts.end(), [&](const plan::Fact& f) { return f.question == q; });
      });
      if (missing != questions.end()) facts.push_back(source.answer(*missing));
    }
    EXPECT_EQ(broken.status, straight.status) << now;
  }
  EXPECT_EQ(entry(broken.last, "ErrorRatio").failures, 2);
}

// A status write that was lost: the same look is counted from the same answers again.
TEST(Analysis, ALostWriteIsDoneAgain) {
  Stage step(analysis_of({preset(Preset::ErrorRatio, "0.01")}));
  Source source = good();
  source.canary.errors = 80;
  const auto before = step.status;
  const auto first = step.look(after(90), source).entries;
  step.status = before;
  EXPECT_EQ(step.look(after(95), source).entries, first);
}

TEST(Analysis, WhatTheSourceDoesNotAnswerIsNeitherPassNorFail) {
  Stage step(two());
  Source source = good();
  source.down = true;
  const Findings& found = step.look(after(90), source);
  EXPECT_TRUE(found.source_down);
  EXPECT_EQ(found.verdict, Verdict::Waiting);
  EXPECT_EQ(entry(found, "ErrorRatio").verdict, "SourceDown");
  EXPECT_EQ(found.why, "the metrics source default does not answer: connection refused");
  EXPECT_EQ(entry(found, "ErrorRatio").failures, 0);
  EXPECT_FALSE(entry(found, "ErrorRatio").passed);
  source.down = false;
  EXPECT_EQ(step.look(after(120), source).verdict, Verdict::Passed);
  EXPECT_FALSE(step.last.source_down);
  source.down = true;
  EXPECT_EQ(step.look(after(150), source).verdict, Verdict::Waiting) << "it does not go on while nobody can see";
}

TEST(Analysis, NoTrafficNoDataAndNaNAreInconclusive) {
  Stage step(analysis_of({preset(Preset::ErrorRatio), preset(Preset::LatencyP99), {.name = "a", .query = "q{ {{canary}} }", .max = "1"}}));
  Source source;
  source.custom = [](const std::string&) -> plan::Answer { return plan::NotANumber{}; };
  for (std::int64_t now = 90; now < 3600; now += 30) step.look(after(now), source);
  EXPECT_EQ(step.last.verdict, Verdict::Waiting);
  for (const AnalysisStatus& e : step.status) EXPECT_EQ(e.verdict, "Inconclusive") << e.metric;
  EXPECT_EQ(entry(step.last, "ErrorRatio").why, "no requests were counted: there are none, or nobody reads the pods' metrics");
  EXPECT_EQ(entry(step.last, "a").why, "the query yields no number for the canary");
  EXPECT_FALSE(step.last.observed_share);
}

TEST(Analysis, InconclusiveIsNotSaidAgainOnceALookWasConclusive) {
  Stage step(analysis_of({preset(Preset::ErrorRatio, "0.01")}));
  Source source = good();
  source.canary.errors = 10;
  step.look(after(90), source);
  source.canary.errors = 24;
  const Findings& found = step.look(after(120), source);
  EXPECT_EQ(entry(found, "ErrorRatio").verdict, "Pass");
  EXPECT_EQ(entry(found, "ErrorRatio").why, "undecided yet: 24 of 2000 requests failed, 20 are allowed");
}

TEST(Analysis, ALookWhoseCountIsNotStoredYetIsNotAskedAgain) {
  Stage step(two());
  Source source = good();
  const auto asked = step.pass(after(90)).questions;
  const auto before = step.status;
  step.pass(after(90), source.answer(asked));
  for (const plan::Question& question : asked) {
    EXPECT_NE(std::find(step.last.questions.begin(), step.last.questions.end(), question), step.last.questions.end());
  }
  const auto counted = step.status;
  step.status = before;
  step.pass(after(91), source.answer(asked));
  EXPECT_EQ(step.status, counted) << "a pass that begins from the status before counts the same";
}

TEST(Analysis, ASlowSourceIsWaitedForAndMissedLooksAreCaughtUpWith) {
  Stage step(two());
  Source source = good();
  const auto first = step.pass(after(90)).questions;
  EXPECT_EQ(step.pass(after(200)).questions, first) << "the question stands until it is answered";
  EXPECT_EQ(*step.last.next, after(210));
  step.pass(after(200), source.answer(first));
  EXPECT_EQ(instants(step.last), (std::set{after(90)})) << "buckets are still wanted, and what was counted is not stored yet";
  step.look(after(200), source);
  EXPECT_EQ(step.status[0].at, after(180));
  EXPECT_EQ(instants(step.last), (std::set{after(210)}));
}

TEST(Analysis, OfManyMissedLooksOneStandsUntilItIsAnswered) {
  Stage step(two());
  const auto asked = [&](std::int64_t now) { return *instants(step.pass(after(now))).begin(); };
  EXPECT_EQ(asked(60 + 10 * 30), after(90));
  EXPECT_EQ(asked(60 + 11 * 30), after(60 + 10 * 30));
  EXPECT_EQ(asked(60 + 19 * 30), after(60 + 10 * 30));
  EXPECT_EQ(asked(60 + 20 * 30), after(60 + 20 * 30));
}

TEST(Analysis, TrafficThatConvergedAnewBeginsANewWindowAndKeepsTheCounts) {
  Stage step(two());
  Source source = good();
  source.canary.errors = 80;
  step.look(after(90), source);
  step.watched.since = after(300);
  EXPECT_EQ(instants(step.pass(after(310))), (std::set{after(390)}));
  EXPECT_EQ(entry(step.last, "ErrorRatio").failures, 1);
}

TEST(Analysis, AClockThatWentBackFreezesNothing) {
  Stage step(two());
  Source source = good();
  step.look(after(90), source);
  step.status[0].at = step.status[1].at = after(100000);
  EXPECT_EQ(instants(step.pass(after(130))), (std::set{after(150)}));
}

TEST(Analysis, ARuntimeWithoutQueriesTellsPresetsNothing) {
  Stage step(two());
  step.watched.runtime = nullptr;
  const Findings& found = step.pass(after(90));
  EXPECT_TRUE(found.questions.empty());
  EXPECT_EQ(found.verdict, Verdict::Waiting);
  EXPECT_EQ(found.why, "the model server tells nothing that presets know");
}

TEST(Analysis, AQueryIsAskedOnceMoreForStable) {
  AnalysisMetric auc{.name = "auc", .query = "auc{ {{canary}} } or o{ {{stable}} }", .stable = StableRule{.min_ratio = {"0.95"}}};
  Stage step(analysis_of({auc}));
  Source source;
  source.custom = [](const std::string& text) -> plan::Answer {
    return plan::Number{text.find("auc{ namespace=\"team\",pod=~\"churn-bbb") == 0 ? 0.8 : 0.9};
  };
  const Findings& found = step.look(after(90), source);
  EXPECT_EQ(entry(found, "auc").verdict, "Fail");
  EXPECT_EQ(entry(found, "auc").stable, "0.9");
  EXPECT_EQ(found.why, "0.8 is below 0.95 × stable's 0.9");
}

TEST(Analysis, OnlyCountsVerdictsAndPassedChangeWhatIsWritten) {
  Stage step(two());
  Source source = good();
  std::set<std::string> written;
  for (std::int64_t now = 90; now < 1800; now += 10) {
    source.canary.requests += 7;
    source.stable.requests += 31;
    step.look(after(now), source);
    json::Array lasting;
    for (const AnalysisStatus& e : step.status) lasting.push_back(json::encode(e, json::Clamp::Yes, json::Volatile::Drop));
    written.insert(json::dump(lasting));
  }
  EXPECT_EQ(written.size(), 1u) << "a decision is written once, the rest is observation";
}

}  // namespace
}  // namespace millrace::inference_service
