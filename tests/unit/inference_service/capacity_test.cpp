#include "inference_service/capacity.h"

#include <gtest/gtest.h>

#include "unit/inference_service/world.h"

namespace millrace::inference_service {
namespace {

// The most pods that were there at once, and the least that could answer.
struct Extremes {
  std::size_t most = 0, least = 1000;
};
Extremes roll_to_v2(World& w) {
  Extremes out;
  w.add_version(2);
  for (int i = 0; i < 400; ++i) {
    w.settle();
    std::size_t ready = 0;
    for (const auto& pod : w.seen.pods) ready += kube::is_true(pod->status.conditions, "Ready");
    out.most = std::max(out.most, w.seen.pods.size());
    out.least = std::min(out.least, ready);
    if (kube::is_true(w.status().conditions, "Settled") && w.status().stable->version == "churn-v2") return out;
    w.seen.now = std::max(w.seen.now + seconds(1), w.last.wake.value_or(w.seen.now));
  }
  ADD_FAILURE() << "it does not come to rest: " << w.status().message;
  return out;
}

TEST(Capacity, RecreateLetsTheOldRevisionLeaveFirst) {
  World w = serving_v1();
  w.seen.service.spec.rollout.strategy = Strategy::Recreate;
  w.add_version(2);
  w.pass();
  EXPECT_EQ(w.count("churn-v1"), 0);
  EXPECT_EQ(w.count("churn-v2"), -1) << "not before the old pods are gone";
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v2");
  EXPECT_EQ(w.status().result, "Promoted");
  EXPECT_EQ(w.count("churn-v1"), -1);
}

TEST(Capacity, ARecreateThatFailsBringsTheOldRevisionBack) {
  World w = serving_v1();
  w.seen.service.spec.rollout.strategy = Strategy::Recreate;
  w.add_version(2);
  w.pods_of["churn-v2"] = Pods::CrashLoop;
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().result, "RolledBack");
  EXPECT_EQ(w.count("churn-v1"), 1);
  EXPECT_TRUE(kube::is_true(w.status().conditions, "Available"));
}

TEST(Capacity, BlueGreenIsWholeBeforeItTakesOverAndThenBakes) {
  World w;
  w.seen.service.spec.replicas = 3;
  w.seen.service.spec.rollout.strategy = Strategy::BlueGreen;
  w.add_version(1);
  ASSERT_TRUE(w.run_to_settled());
  w.add_version(2);
  w.pods_of["churn-v2"] = Pods::Starting;
  w.settle();
  EXPECT_EQ(w.count("churn-v2"), 3);
  EXPECT_EQ(w.entry(), w.revision_of("churn-v1"));
  w.pods_of.clear();
  w.settle();
  EXPECT_EQ(w.entry(), w.revision_of("churn-v2")) << "at once, never split";
  EXPECT_EQ(w.status().phase, "Baking");
  EXPECT_EQ(w.count("churn-v1"), 3) << "warm";
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().result, "Promoted");
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Capacity, SwapStaysWithinReplicasAndSurge) {
  for (const Provider provider : {Provider::Service, Provider::GatewayAPI}) {
    World w = provider == Provider::Service ? serving_v1() : serving_by_gateway();
    w.seen.service.spec.replicas = 4;
    w.seen.service.spec.rollout.capacity = Capacity::Swap;
    w.seen.service.spec.rollout.max_surge = "25%";
    w.settle();
    const Extremes seen = roll_to_v2(w);
    EXPECT_LE(seen.most, 5U) << to_text(provider);
    EXPECT_GE(seen.least, 3U) << to_text(provider);
    EXPECT_EQ(w.status().result, "Promoted");
    EXPECT_EQ(w.wrong, std::vector<std::string>());
  }
}

TEST(Capacity, SwapKeepsFewOfTheOldRevisionWarm) {
  World w = serving_v1();
  w.seen.service.spec.replicas = 4;
  w.seen.service.spec.rollout.capacity = Capacity::Swap;
  w.settle();
  w.add_version(2);
  for (int i = 0; i < 100 && w.status().phase != "Baking"; ++i) w.advance(seconds(30));
  ASSERT_EQ(w.status().phase, "Baking");
  EXPECT_LE(w.count("churn-v1"), 1);
}

TEST(Capacity, WithAGatewayTheCanaryHasItsShareOfThePods) {
  World w = serving_by_gateway();
  w.seen.service.spec.replicas = 10;
  w.seen.service.spec.rollout.steps = {{20, "1m"}, {100}};
  w.settle();
  w.add_version(2);
  w.settle();
  EXPECT_EQ(w.count("churn-v2"), 2);
  EXPECT_EQ(w.count("churn-v1"), 10);
}

TEST(Capacity, SwapTurnsAWholeRevisionOverWithinTheSurge) {
  World w = serving_v1();
  w.seen.service.spec.replicas = 4;
  w.seen.service.spec.rollout.capacity = Capacity::Swap;
  w.seen.service.spec.rollout.max_surge = "25%";
  w.seen.service.spec.rollout.strategy = Strategy::BlueGreen;
  w.settle();
  const Extremes seen = roll_to_v2(w);
  EXPECT_LE(seen.most, 5U);
  EXPECT_GE(seen.least, 3U);
  EXPECT_EQ(w.status().result, "Promoted");
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

}  // namespace
}  // namespace millrace::inference_service
