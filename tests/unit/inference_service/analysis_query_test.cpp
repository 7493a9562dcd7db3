#include "inference_service/analysis/query.h"

#include <gtest/gtest.h>

#include "inference_service/analysis/analysis.h"
#include "inference_service/analysis/text.h"

namespace millrace::inference_service {
namespace {

const Variables kVariables{"c", "s", "team", "churn", "90s"};

TEST(Query, PodsAreToldByTheNameOfTheirDeployment) {
  EXPECT_EQ(pods_of("team", "churn", "ab12"), R"(namespace="team",pod=~"churn-ab12-[a-z0-9]+(-[a-z0-9]+)?")");
  EXPECT_EQ(pods_of(R"(a"b\)", "c.d", "e"), R"(namespace="a\"b\\",pod=~"c\\.d-e-[a-z0-9]+(-[a-z0-9]+)?")");
}

TEST(Query, VariablesExpandWithinBracesOfPromql) {
  EXPECT_EQ(expanded("x{{{canary}}}[{{window}}]", kVariables), "x{c}[90s]");
  EXPECT_EQ(expanded("x{ {{ stable }} } / on() y{a=\"{{namespace}}/{{name}}\"}", kVariables), "x{ s } / on() y{a=\"team/churn\"}");
  EXPECT_EQ(expanded("x{a=\"b\"}", kVariables), "x{a=\"b\"}");
  EXPECT_EQ(expanded("{{other}}{{window}}", kVariables), "{{other}}90s");
}

TEST(Query, WhatIsNoVariableIsTold) {
  EXPECT_EQ(unknown_variable("x{{{canary}}}[{{window}}] {{stable}} {{name}} {{namespace}}"), std::nullopt);
  EXPECT_EQ(unknown_variable("x{{{canry}}}"), "canry");
  EXPECT_EQ(unknown_variable("x{{canary}} + {{"), "{{");
  EXPECT_EQ(unknown_variable("{{}}"), "");
}

TEST(Query, UnusableRulesNamePathAndWhatIsAllowed) {
  Analysis rules{.metrics = {{.preset = Preset::ErrorRatio}, {.name = "a", .query = "x{ {{canry}} }", .max = "1"}}};
  EXPECT_EQ(unusable(rules, {}, true), "spec.rollout.analysis.source: the operator was given no metrics source");
  EXPECT_EQ(unusable(rules, {"main", "other"}, true),
            "spec.rollout.analysis.source: \"default\" is unknown; the administrator's sources are main, other");
  EXPECT_EQ(unusable(rules, {"default"}, false),
            "spec.rollout.analysis.metrics[1].query: this source takes no queries of users; presets are allowed");
  EXPECT_EQ(unusable(rules, {"default"}, true),
            "spec.rollout.analysis.metrics[1].query: \"canry\" is unknown; allowed are {{canary}}, {{stable}}, {{namespace}}, {{name}}, "
            "{{window}}");
  rules.metrics.pop_back();
  EXPECT_EQ(unusable(rules, {"default"}, false), "");
}

TEST(Query, MeasuresAreWrittenAndReadAlike) {
  EXPECT_EQ(number_text(0.0213456), "0.02135");
  EXPECT_EQ(seconds_text(0.3124), "312.4ms");
  EXPECT_EQ(seconds_text(1.25), "1.25s");
  for (const double seconds : {0.0048, 0.312, 1.24, 9.5}) EXPECT_NEAR(*measure_of(seconds_text(seconds)), seconds, 1e-9);
  EXPECT_EQ(measure_of("250ms"), 0.25);
  EXPECT_EQ(measure_of("1m30s"), 90);
  EXPECT_EQ(measure_of("-1e-3"), -0.001);
  EXPECT_EQ(measure_of(""), std::nullopt);
  EXPECT_EQ(measure_of("fast"), std::nullopt);
}

}  // namespace
}  // namespace millrace::inference_service
