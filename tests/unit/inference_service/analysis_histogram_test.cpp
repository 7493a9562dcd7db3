#include "inference_service/analysis/histogram.h"

#include <cmath>
#include <map>
#include <set>

#include <gtest/gtest.h>

namespace millrace::inference_service {
namespace {

constexpr double kBounds[] = {0.01, 0.1, 0.25, 0.5, 1};

struct Known {  // a histogram of which some buckets are known, and what was asked of it
  double requests = 0;
  std::map<double, double> counts{};
  std::set<double> asked{};

  Histogram histogram() {
    return {kBounds, requests, [this](double bound) -> std::optional<double> {
              asked.insert(bound);
              const auto at = counts.find(bound);
              return at == counts.end() ? std::nullopt : std::optional(at->second);
            }};
  }
};

Known lognormal(double requests, double median, double sigma) {
  Known out{.requests = requests};
  for (const double bound : kBounds) out.counts[bound] = requests * 0.5 * std::erfc(-std::log(bound / median) / (sigma * std::sqrt(2.0)));
  return out;
}

TEST(Histogram, QuantilesOfLognormalLatenciesAreNearlyRight) {
  for (const double sigma : {0.3, 0.5, 0.8}) {
    for (double median = 0.02; median < 0.2; median *= 1.3) {
      const double p95 = median * std::exp(1.645 * sigma);
      EXPECT_NEAR(*quantile(lognormal(1e5, median, sigma).histogram(), 0.95, {}) / p95, 1, 0.25) << median << " " << sigma;
    }
  }
}

TEST(Histogram, TheResultDoesNotDependOnWhereItIsLookedForFirst) {
  Known known = lognormal(1000, 0.12, 0.6);
  const auto wanted = quantile(known.histogram(), 0.95, {});
  ASSERT_TRUE(wanted);
  for (const double near : {0.001, 0.05, 0.2, 0.3, 5.0}) EXPECT_EQ(quantile(known.histogram(), 0.95, near), wanted) << near;
}

TEST(Histogram, BothBoundsOfTheLikelyBucketAreAskedForAtOnce) {
  Known unknown{.requests = 100};
  EXPECT_EQ(quantile(unknown.histogram(), 0.95, 0.2), std::nullopt);
  EXPECT_EQ(unknown.asked, (std::set{0.1, 0.25}));
  Known known = lognormal(1000, 0.12, 0.3);
  quantile(known.histogram(), 0.95, 0.2);
  EXPECT_EQ(known.asked, (std::set{0.1, 0.25})) << "and no others, when it is there";
  Known first{.requests = 100};
  look_around(first.histogram(), 0.005);
  look_around(first.histogram(), 7);
  EXPECT_EQ(first.asked, (std::set{0.01, 1.0}));
}

TEST(Histogram, EndsAreThoseOfTheBounds) {
  Known fast{.requests = 100, .counts = {{0.01, 100}, {0.1, 100}, {0.25, 100}, {0.5, 100}, {1, 100}}};
  EXPECT_NEAR(*quantile(fast.histogram(), 0.95, {}), 0.0095, 1e-9);
  Known slow{.requests = 100, .counts = {{0.01, 0}, {0.1, 0}, {0.25, 0}, {0.5, 0}, {1, 0}}};
  EXPECT_EQ(quantile(slow.histogram(), 0.95, {}), 1);
  EXPECT_EQ(quantile(Known{}.histogram(), 0.95, {}), std::nullopt) << "there are no requests";
}

}  // namespace
}  // namespace millrace::inference_service
