#include "inference_service/analysis/evidence.h"

#include <cmath>

#include <gtest/gtest.h>

#include "inference_service/analysis/judge.h"

namespace millrace::inference_service {
namespace {

using Is = Opinion::Is;

AnalysisMetric ratio(std::string max, std::string against = {}, std::string samples = {}) {
  AnalysisMetric out{.preset = Preset::ErrorRatio, .max = std::move(max), .min_samples = std::move(samples)};
  if (!against.empty()) out.stable = StableRule{.max_ratio = {against}};
  return out;
}

Is of(const AnalysisMetric& metric, Counts canary, Counts stable = {}) { return judge(metric, {.canary = canary, .stable = stable}).is; }

TEST(Evidence, AgainstALimitIsTheErrorsBeyondThoseAllowed) {
  EXPECT_DOUBLE_EQ(beyond({1000, 16}, 0.01), 6);
  EXPECT_DOUBLE_EQ(beyond({300, 0}, 0.01), -3);
  EXPECT_GT(beyond({5, 1}, 0), kFails) << "where none is allowed one is too many";
  EXPECT_EQ(beyond({5, 0}, 0), 0);
}

// The two ratios that Wald's test tells apart are e times from each other, with the limit where it is undecided.
TEST(Evidence, AgainstALimitIsWaldsLogarithm) {
  const double max = 0.02, good = max / (std::exp(1.0) - 1), bad = good * std::exp(1.0);
  const double n = 700, errors = 21;
  EXPECT_NEAR(beyond({n, errors}, max), errors * std::log(bad / good) - n * (bad - good), 1e-9);
}

TEST(Evidence, AgainstStableIsTheConditionalBinomialsLogarithm) {
  // For max_ratio 1.5 the alternative is g = 2.150…: (g-1)/ln g = 1.5.
  double g = 2;
  for (int i = 0; i < 200; ++i) g = 1 + 1.5 * std::log(g);
  const double nc = 400, ns = 1600, ec = 9, es = 11;
  const double p0 = nc / (nc + ns), p1 = g * nc / (g * nc + ns);
  EXPECT_NEAR(contrast({nc, ec}, {ns, es}, 1.5), ec * std::log(p1 / p0) + es * std::log((1 - p1) / (1 - p0)), 1e-9);
}

TEST(Evidence, AgainstStableIsNearlyUndecidedAtTheRatioItself) {
  for (const double m : {1.1, 1.25, 1.5, 2.0}) {
    const double all = 1e6, p = 0.001;
    const double at = contrast({all, p * m * all}, {20 * all, p * 20 * all}, m);
    EXPECT_LT(std::abs(at), 0.1 * std::abs(contrast({all, p * all}, {20 * all, p * 20 * all}, m))) << m;
    EXPECT_LT(contrast({all, p * all}, {all, p * all}, m), -kPasses) << "the same ratio, " << m;
    EXPECT_GT(contrast({all, p * all * m * m * 1.2}, {all, p * all}, m), kFails) << "much more, " << m;
  }
}

TEST(Evidence, IsNoneWithoutRequests) {
  EXPECT_EQ(contrast({0, 0}, {0, 0}, 1.5), 0);
  EXPECT_NEAR(contrast({100, 10}, {0, 0}, 1.5), 0, 1e-9) << "nothing to compare with";
  EXPECT_NEAR(contrast({0, 0}, {100, 10}, 1.5), 0, 1e-9);
}

TEST(Evidence, SamplesOfAutoAreThoseThatDecide) {
  EXPECT_EQ(enough_for_ratio(0.01), 300);
  EXPECT_EQ(enough_for_ratio(0.5), 6);
  EXPECT_EQ(enough_for_ratio(0.001), 1000) << "capped";
  EXPECT_EQ(enough_for_ratio(0), 1000);
  EXPECT_EQ(enough_for_quantile(0.5), 16);
  EXPECT_EQ(enough_for_quantile(0.95), 292);
  EXPECT_EQ(enough_for_quantile(0.99), 1000) << "capped";
}

TEST(Evidence, BoundsOfAQuantileComeNearerWithTheRequests) {
  const Shares few = bounds_of(0.95, 30), some = bounds_of(0.95, 400), many = bounds_of(0.95, 40000);
  EXPECT_FALSE(bounds_of(0.95, 29).below || bounds_of(0.95, 29).above);
  EXPECT_FALSE(few.above) << "nobody knows where the last twentieth of thirty lies";
  EXPECT_NEAR(*some.below, 0.95 - 2.58 * std::sqrt(0.0475 / 400) - 0.0021, 1e-4);
  EXPECT_NEAR(*some.above, 0.95 + 2.58 * std::sqrt(0.0475 / 400) - 0.0021, 1e-4);
  EXPECT_LT(*few.below, *some.below);
  EXPECT_LT(*some.below, *many.below);
  EXPECT_LT(*many.above, *some.above);
}

// The share of samples whose lower bound exceeds the true quantile is what it says: below 1 %.
TEST(Evidence, BoundsOfAQuantileHold) {
  for (const double q : {0.5, 0.95, 0.99}) {
    for (const int n : {30, 100, 292, 1000, 5000}) {
      // The bound exceeds the quantile when more than (1 - below)·n requests are slower; their number is binomial.
      const Shares bounds = bounds_of(q, n);
      double log_p = n * std::log(q), wrong = 0, wrong_above = 0;
      for (int slower = 0; slower <= n; ++slower) {
        if (bounds.below && slower > (1 - *bounds.below) * n) wrong += std::exp(log_p);
        if (bounds.above && slower < (1 - *bounds.above) * n) wrong_above += std::exp(log_p);
        log_p += std::log((n - slower) / (slower + 1.0)) + std::log((1 - q) / q);
      }
      EXPECT_LT(wrong, 0.01) << q << " of " << n;
      EXPECT_LT(wrong_above, 0.01) << q << " of " << n;
    }
  }
}

TEST(Judge, ACleanCanaryPassesAfterThreeOverMax) {
  EXPECT_EQ(of(ratio("0.01"), {299, 0}), Is::Inconclusive);
  EXPECT_EQ(of(ratio("0.01"), {300, 0}), Is::Pass);
  EXPECT_EQ(judge(ratio("0.01"), {.canary = {42, 0}}).why, "needs 300 requests, has 42");
  EXPECT_EQ(judge(ratio("0.01"), {.canary = {42, 1}}).why, "needs 400 requests, has 42");
}

TEST(Judge, ABrokenCanaryFailsAtOnce) {
  EXPECT_EQ(of(ratio("0.01"), {10, 10}), Is::Fail);
  EXPECT_EQ(of(ratio("0.01"), {5, 5}), Is::Inconclusive);
  EXPECT_EQ(of(ratio("0"), {200, 1}), Is::Fail);
  EXPECT_EQ(of(ratio("0"), {999, 0}), Is::Inconclusive);
  EXPECT_EQ(of(ratio("0"), {1000, 0}), Is::Pass);
}

TEST(Judge, AfterAThousandRequestsWhatIsNotAgainstItIsForIt) {
  EXPECT_EQ(of(ratio("0.001"), {1000, 2}), Is::Pass);
  EXPECT_EQ(of(ratio("0.001"), {1000, 3}), Is::Inconclusive);
  EXPECT_EQ(of(ratio("0.001"), {1000, 7}), Is::Fail);
}

TEST(Judge, ANumberOfSamplesHoldsForEveryVerdict) {
  EXPECT_EQ(of(ratio("0.01", {}, "500"), {499, 499}), Is::Inconclusive);
  EXPECT_EQ(judge(ratio("0.01", {}, "500"), {.canary = {499, 0}}).why, "needs 500 requests, has 499");
  EXPECT_EQ(of(ratio("0.01", {}, "500"), {500, 0}), Is::Pass);
  EXPECT_EQ(of(ratio("0.01", {}, "500"), {500, 11}), Is::Fail);
  EXPECT_EQ(of(ratio("0.01", {}, "50"), {50, 0}), Is::Pass) << "less than auto asks for is the user's own";
}

TEST(Judge, NoRequestsAreNoVerdict) {
  const Opinion none = judge(ratio("0.01"), {});
  EXPECT_EQ(none.is, Is::Inconclusive);
  EXPECT_EQ(none.why, "no requests were counted: there are none, or nobody reads the pods' metrics");
}

TEST(Judge, APresetWithoutARuleIsComparedWithStable) {
  EXPECT_EQ(rule_text(ratio("")), "at most 1.5 × stable");
  EXPECT_EQ(rule_text({.preset = Preset::LatencyP95}), "at most 1.25 × stable");
  EXPECT_EQ(rule_text(ratio("0.01", "2"), "0.004"), "max 0.01; at most 2 × stable (0.004)");
  EXPECT_EQ(of(ratio(""), {2000, 20}, {2000, 20}), Is::Pass);
  EXPECT_EQ(of(ratio(""), {2000, 80}, {2000, 20}), Is::Fail);
  EXPECT_EQ(of(ratio(""), {200, 3}, {2000, 20}), Is::Inconclusive);
}

TEST(Judge, AComparisonNeedsRequestsOfStable) {
  EXPECT_EQ(of(ratio(""), {5000, 50}, {0, 0}), Is::Inconclusive);
  EXPECT_EQ(judge(ratio(""), {.canary = {5000, 50}, .stable = {40, 0}}).why, "stable needs 100 requests, has 40");
  EXPECT_EQ(of(ratio(""), {9000, 0}, {1000, 0}), Is::Pass) << "no errors at all";
  EXPECT_EQ(of(ratio(""), {1000000, 1}, {1000000, 0}), Is::Pass) << "one error in a million is none";
}

TEST(Judge, TheWorstOfBothRulesCounts) {
  EXPECT_EQ(of(ratio("0.5", "1.5"), {2000, 80}, {2000, 20}), Is::Fail);
  EXPECT_EQ(of(ratio("0.01", "1.5"), {2000, 80}, {2000, 80}), Is::Fail);
  EXPECT_EQ(of(ratio("0.5", "1.5"), {100, 1}, {100, 1}), Is::Inconclusive);
}

Opinion slow(const AnalysisMetric& metric, double requests, double value, std::optional<double> low, double stable = 0.1,
             double high = 0.12) {
  return judge(metric,
               {.canary = {requests, 0}, .stable = {requests, 0}, .value = value, .stable_value = stable, .low = low, .stable_high = high});
}

TEST(Judge, ALatencyFailsByItsLowerBoundAndPassesByItsValue) {
  const AnalysisMetric max{.preset = Preset::LatencyP95, .max = "250ms"};
  EXPECT_EQ(slow(max, 300, 0.24, {}).is, Is::Pass);
  EXPECT_EQ(slow(max, 300, 0.30, 0.24).is, Is::Inconclusive);
  EXPECT_EQ(slow(max, 300, 0.30, 0.26).is, Is::Fail);
  EXPECT_EQ(slow(max, 100, 0.30, 0.26).is, Is::Fail) << "evidence is enough before 292";
  EXPECT_EQ(slow(max, 100, 0.24, {}).why, "needs 292 requests, has 100");
}

TEST(Judge, ALatencyIsComparedBoundAgainstBound) {
  const AnalysisMetric against{.preset = Preset::LatencyP95};
  EXPECT_EQ(slow(against, 300, 0.124, {}).is, Is::Pass);
  EXPECT_EQ(slow(against, 300, 0.16, 0.14).is, Is::Inconclusive);
  EXPECT_EQ(slow(against, 300, 0.2, 0.151).is, Is::Fail);
  EXPECT_FALSE(is_suspect(against, {.value = 0.124, .stable_value = 0.1}));
  EXPECT_TRUE(is_suspect(against, {.value = 0.126, .stable_value = 0.1}));
  EXPECT_FALSE(is_suspect(ratio("0.01"), {.value = 0.5}));
}

TEST(Judge, AQueryIsComparedByItsValue) {
  AnalysisMetric query{
      .name = "auc", .query = "x", .max = "1", .min = "0.5", .stable = StableRule{.max_ratio = {"2"}, .min_ratio = {"0.95"}}};
  const auto is = [&](std::optional<double> value, std::optional<double> stable, bool comparable = true) {
    return judge(query, {.value = value, .stable_value = stable, .comparable = comparable}).is;
  };
  EXPECT_EQ(is(0.9, 0.9), Is::Pass);
  EXPECT_EQ(is(1.1, 0.9), Is::Fail);
  EXPECT_EQ(is(0.4, 0.3), Is::Fail);
  EXPECT_EQ(is(0.8, 0.9), Is::Fail);
  EXPECT_EQ(is(0.9, 0.4), Is::Fail);
  EXPECT_EQ(is({}, 0.9), Is::Inconclusive);
  EXPECT_EQ(is(0.9, {}), Is::Inconclusive);
  EXPECT_EQ(is(0.9, {}, false), Is::Pass) << "there is no stable revision";
}

}  // namespace
}  // namespace millrace::inference_service
