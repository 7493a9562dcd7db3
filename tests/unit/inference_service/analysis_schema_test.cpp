// The tables of an analysis obey the rules of the house, and refuse what cannot be meant.
#include <gtest/gtest.h>

#include "inference_service/api/analysis.h"
#include "json/codec.h"

namespace millrace::inference_service {
namespace {

using Said = std::vector<std::string>;

Said said_of(const std::string& metric) {
  const auto decoded = json::decode<Analysis>(R"({"metrics":[)" + metric + "]}", json::Strictness::Server);
  if (!decoded) return {decoded.error().message};
  return json::violations(&*decoded, Analysis::schema, "analysis");
}

TEST(AnalysisSchema, ObeysTheHouseRules) {
  EXPECT_EQ(json::lint(Analysis::schema, "analysis"), Said{});
  EXPECT_EQ(json::lint(AnalysisStatus::schema, "status", json::SchemaUse::Status), Said{});
}

TEST(AnalysisSchema, TakesWhatPeopleWrite) {
  for (const char* metric : {R"({"preset":"ErrorRatio"})", R"({"preset":"ErrorRatio","max":"0.01","minSamples":"auto","failureLimit":0})",
                             R"({"preset":"LatencyP95","max":"250ms","stable":{"maxRatio":"1.2"},"minSamples":"500"})",
                             R"({"preset":"LatencyP99","max":"0.25"})",
                             R"({"name":"auc","query":"auc{ {{canary}} }","min":"-1e-3","stable":{"minRatio":"0.95"}})"}) {
    EXPECT_EQ(said_of(metric), Said{}) << metric;
  }
}

TEST(AnalysisSchema, RefusesWhatCannotBeMeant) {
  for (const char* metric :
       {R"({"max":"1"})", R"({"preset":"ErrorRatio","query":"x","name":"x"})", R"({"query":"x","max":"1"})", R"({"name":"x","query":"x"})",
        R"({"name":"x","query":"x","stable":{}})", R"({"preset":"ErrorRatio","max":"10ms"})", R"({"preset":"ErrorRatio","max":"1.1"})",
        R"({"preset":"ErrorRatio","min":"0.1"})", R"({"preset":"LatencyP95","stable":{"minRatio":"0.9"}})",
        R"({"preset":"LatencyP95","stable":{"maxRatio":"1.05"}})", R"({"preset":"LatencyP95","minSamples":"0"})",
        R"({"name":"x","query":"x","max":"1","minSamples":"3"})", R"({"preset":"LatencyP95","max":"fast"})"}) {
    EXPECT_NE(said_of(metric), Said{}) << metric;
  }
  const std::string long_query = R"({"name":"x","max":"1","query":")" + std::string(2049, 'x') + "\"}";
  EXPECT_NE(said_of(long_query), Said{});
}

TEST(AnalysisSchema, DefaultsAreThoseOfTheInitialisers) {
  const auto decoded = json::decode<Analysis>(R"({"metrics":[{"preset":"ErrorRatio"}]})");
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->source, "default");
  EXPECT_EQ(decoded->interval, std::chrono::seconds(30));
  EXPECT_EQ(decoded->warmup, std::chrono::minutes(1));
  EXPECT_EQ(decoded->inconclusive.timeout, std::chrono::hours(2));
  EXPECT_EQ(decoded->metrics[0].failure_limit, 2);
  const auto again = json::decode<Analysis>(json::dump(json::encode(*decoded)));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *decoded);
}

TEST(AnalysisSchema, OnlyCountsAndVerdictsAreDecisions) {
  const AnalysisStatus before{.metric = "ErrorRatio", .rule = "max 0.01", .verdict = "Pass", .passed = true};
  AnalysisStatus after = before;
  after.value = "0.002";
  after.stable = "0.001";
  after.stable_high = "0.002";
  after.samples = 100;
  after.stable_samples = 100;
  after.why = "because";
  after.at = core::Instant(std::chrono::seconds(30));
  const auto lasting = [](const AnalysisStatus& s) { return json::dump(json::encode(s, json::Clamp::Yes, json::Volatile::Drop)); };
  EXPECT_EQ(lasting(before), lasting(after));
  after.failures = 1;
  EXPECT_NE(lasting(before), lasting(after));
}

}  // namespace
}  // namespace millrace::inference_service
