#include <gtest/gtest.h>

#include "json/codec.h"
#include "support/json/sample.h"

namespace millrace::json {

using sample::Rollout;
using Said = std::vector<std::string>;

static Said said(const Rollout& r) { return violations(&r, Rollout::schema, "spec"); }

TEST(Violations, AreNoneOfAValidObject) {
  EXPECT_EQ(said({.model = "churn", .steps = {{10, {}}, {100, core::Duration(1)}}, .args = {"", "ab"}, .memory = {"1Gi"}}), Said{});
}

TEST(Violations, NamePathValueAndWhatIsAllowed) {
  EXPECT_EQ(said({}), (Said{"spec.model: is required"}));
  EXPECT_EQ(said({.model = "m", .steps = {{1, {}}, {900, {}}}}), (Said{"spec.steps[1].weight: 900 must be at most 100"}));
  EXPECT_EQ(said({.model = "m", .steps = {{0, {}}}}), (Said{"spec.steps[0].weight: 0 must be at least 1"}));
  EXPECT_EQ(said({.model = "m", .steps = {{1, core::Duration(7'200'000)}}}), (Said{"spec.steps[0].pause: 2h must be at most 1h"}));
  EXPECT_EQ(said({.model = "m", .drain = {core::Duration(1'000), false}}), (Said{"spec.drain.grace: 1s must be at least 10s"}));
  EXPECT_EQ(said({.model = "m", .gates = {{.metric = "AUC"}}}), (Said{"spec.gates[0].metric: \"AUC\" must match ^[a-z]+$"}));
  EXPECT_EQ(said({.model = "m", .gates = {{.metric = "a", .min = Decimal{"high"}}}}),
            (Said{"spec.gates[0].min: \"high\" must be a decimal such as 0.90"}));
  EXPECT_EQ(said({.model = "m", .memory = {"1 GB"}}), (Said{"spec.memory: \"1 GB\" must be a quantity such as 500m or 1Gi"}));
  EXPECT_EQ(said({.model = "m", .args = {"a", "b", "c", "d"}}), (Said{"spec.args: 4 items; at most 3 are allowed"}));
  EXPECT_EQ(said({.model = "m", .args = {"UP"}}), (Said{"spec.args[0]: \"UP\" must match ^[a-z]*$"}));
  EXPECT_EQ(said({.model = "m", .labels = {{"a", ""}, {"b", ""}, {"c", ""}}}), (Said{"spec.labels: 3 entries; at most 2 are allowed"}));
  EXPECT_EQ(said({.model = "m", .labels = {{"a", "123456"}}}),
            (Said{"spec.labels[a]: \"123456\" has 6 characters; at most 5 are allowed"}));
  EXPECT_EQ(said({.model = "m", .gates = {{.metric = "a"}, {.metric = "b"}, {.metric = "a"}}}),
            (Said{"spec.gates[2].metric: \"a\" is there twice"}));
  EXPECT_EQ(said({.model = "m", .emergency = sample::Drain{core::Duration(0), true}}),
            (Said{"spec.emergency.grace: 0s must be at least 10s"}));
}

TEST(Violations, CountCodePointsAndCutMessages) {
  EXPECT_EQ(said({.model = "üüüüüüüüüü"}), Said{});
  const Said long_one = said({.model = std::string(5'000, 'x') + "\n\xff"});
  ASSERT_EQ(long_one.size(), 1u);
  EXPECT_LE(long_one[0].size(), 200u);
}

TEST(Violations, JudgeRulesOnlyWithinBounds) {
  EXPECT_EQ(said({.model = "m", .steps = {{9, {}}, {5, {}}}}), (Said{"spec: steps: weights must rise"}));
  EXPECT_EQ(said({.model = "m", .steps = {{900, {}}, {5, {}}}}), (Said{"spec.steps[0].weight: 900 must be at most 100"}));
}

static Said changed(const Rollout& before, const Rollout& after) { return transition_violations(&before, &after, Rollout::schema, "spec"); }

TEST(Transitions, RefuseWhatMayNotChange) {
  EXPECT_EQ(changed({.model = "a"}, {.model = "b"}), (Said{"spec.model: is immutable"}));
  EXPECT_EQ(changed({.model = "a"}, {.model = "a", .run = "2"}), Said{});
  EXPECT_EQ(changed({.replicas = 2}, {.replicas = 1}), (Said{"spec: replicas must not shrink"}));
}

TEST(Transitions, FollowItemsByTheirKeyAsCelDoes) {
  const Rollout before{.gates = {{.metric = "a", .format = "x"}, {.metric = "b", .format = "y"}}};
  EXPECT_EQ(changed(before, {.gates = {{.metric = "b", .format = "y"}, {.metric = "a", .format = "x"}}}), Said{});
  EXPECT_EQ(changed(before, {.gates = {{.metric = "b", .format = "z"}}}), (Said{"spec.gates[0].format: is immutable"}));
  EXPECT_EQ(changed(before, {.gates = {{.metric = "c", .format = "z"}}}), Said{});
  EXPECT_EQ(changed(before, {.gates = {{.metric = "b"}}}), Said{}) << "oldSelf rules are not judged when a side lacks the value";
}

}  // namespace millrace::json
