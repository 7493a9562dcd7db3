#include "inference_service/rollout.h"

#include <gtest/gtest.h>

#include "unit/inference_service/world.h"

namespace millrace::inference_service {
namespace {

TEST(Rollout, AFirstDeploySkipsStepsAndIsSettledAfterItsBake) {
  World w;
  w.add_version(1);
  w.pods_of["churn-v1"] = Pods::Starting;
  w.settle();
  EXPECT_EQ(w.status().phase, "Deploying");
  EXPECT_EQ(w.entry(), w.status().canary->revision) << "nobody else answers";
  EXPECT_FALSE(kube::is_true(w.status().conditions, "Available"));
  EXPECT_FALSE(kube::is_true(w.status().conditions, "Settled"));
  w.pods_of.clear();
  w.settle();
  EXPECT_EQ(w.status().phase, "Baking");
  EXPECT_TRUE(kube::is_true(w.status().conditions, "Available"));
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().phase, "Serving");
  EXPECT_EQ(w.status().result, "Serving");
  EXPECT_EQ(w.status().last_good->version, "churn-v1");
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Rollout, ANewVersionGoesByStepsBakesAndTheOldOneLeaves) {
  World w = serving_v1();
  const std::string v1 = w.status().stable->revision;
  w.add_version(2);
  w.pods_of["churn-v2"] = Pods::Starting;
  w.settle();
  EXPECT_EQ(w.entry(), v1) << "a canary that is not ready gets nothing";
  EXPECT_TRUE(kube::is_true(w.status().conditions, "Ready")) << "Latest: this generation asks for nothing new";
  EXPECT_FALSE(kube::is_true(w.status().conditions, "Settled"));
  w.pods_of.clear();
  w.settle();
  EXPECT_EQ(w.entry(), "everybody");
  EXPECT_EQ(w.status().phase, "Canary");
  EXPECT_EQ(w.status().canary->effective_weight, 50);
  w.advance(minutes(2));
  EXPECT_EQ(w.status().phase, "Baking");
  EXPECT_EQ(w.entry(), w.status().stable->revision);
  EXPECT_EQ(w.status().stable->version, "churn-v2");
  EXPECT_EQ(w.count("churn-v1"), 1) << "warm while the new one bakes";
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().result, "Promoted");
  EXPECT_EQ(w.count("churn-v1"), -1) << "drained, scaled down, deleted";
  EXPECT_TRUE(w.status().retired.empty());
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Rollout, APauseCountsFromTheMomentTheStepIsServed) {
  World w = serving_v1();
  w.add_version(2);
  w.pods_of["churn-v2"] = Pods::Starting;
  w.settle();
  w.advance(minutes(5));
  ASSERT_TRUE(w.status().canary);
  w.pods_of.clear();
  w.settle();
  ASSERT_TRUE(w.status().canary) << "the pause begins now";
  w.advance(seconds(119));
  EXPECT_TRUE(w.status().canary);
  w.advance(seconds(1));
  EXPECT_FALSE(w.status().canary);
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Rollout, ACrashLoopIsTheVersionsOwnDoing) {
  World w = serving_v1();
  const std::string v1 = w.status().stable->revision;
  w.add_version(2);
  w.pods_of["churn-v2"] = Pods::CrashLoop;
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().result, "RolledBack");
  ASSERT_EQ(w.status().refused.size(), 1U);
  EXPECT_EQ(w.status().refused[0].version, "churn-v2");
  EXPECT_EQ(w.status().refused[0].reason, "Crashed");
  EXPECT_EQ(w.entry(), v1);
  EXPECT_EQ(w.count("churn-v2"), -1);
  EXPECT_TRUE(kube::is_true(w.status().conditions, "RolledBack"));
  EXPECT_TRUE(kube::is_true(w.status().conditions, "Ready")) << "Latest: who served before serves on";
  w.advance(minutes(120));
  EXPECT_FALSE(w.status().canary) << "it is not tried again";
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Rollout, APinnedVersionThatIsRolledBackStalls) {
  World w = serving_v1();
  w.add_version(2);
  w.seen.service.spec.version = {Policy::Pinned, "churn-v2"};
  w.seen.service.meta.generation = 2;
  w.pods_of["churn-v2"] = Pods::CrashLoop;
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().phase, "RolledBack");
  EXPECT_TRUE(kube::is_true(w.status().conditions, "Stalled"));
  EXPECT_FALSE(kube::is_true(w.status().conditions, "Ready"));
  w.seen.service.spec.rollout.restart = "again";
  w.seen.service.meta.generation = 3;
  w.pods_of.clear();
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().result, "Promoted") << "another restart is another revision";
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Rollout, PodsThatNeverBecomeReadyMeetTheProgressDeadline) {
  World w = serving_v1();
  w.add_version(2);
  w.pods_of["churn-v2"] = Pods::Starting;
  w.settle();
  w.advance(minutes(9));
  ASSERT_TRUE(w.status().canary);
  ASSERT_TRUE(w.run_to_settled());
  ASSERT_EQ(w.status().refused.size(), 1U);
  EXPECT_EQ(w.status().refused[0].reason, "ProgressDeadlineExceeded");
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Rollout, ThePlaceWaitsAndBlamesNobody) {
  World w = serving_v1();
  w.add_version(2);
  w.pods_of["churn-v2"] = Pods::NoNode;
  w.settle();
  EXPECT_EQ(w.status().phase, "Degraded");
  EXPECT_NE(w.status().message.find("insufficient memory"), std::string::npos) << w.status().message;
  w.advance(minutes(30));
  ASSERT_TRUE(w.status().canary);
  w.advance(minutes(31));
  EXPECT_FALSE(w.status().canary) << "placeTimeout";
  w.settle();
  EXPECT_TRUE(w.status().refused.empty());
  EXPECT_EQ(w.status().result, "Failed");
  w.pods_of.clear();
  w.advance(minutes(61));
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v2") << "tried again when there may be room";
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Rollout, TheBakeTakesBackWhatBreaksInIt) {
  World w = serving_v1();
  const std::string v1 = w.status().stable->revision;
  w.add_version(2);
  w.settle();
  w.advance(minutes(2));
  ASSERT_EQ(w.status().phase, "Baking");
  w.pods_of["churn-v2"] = Pods::CrashLoop;
  w.settle();
  EXPECT_EQ(w.status().stable->revision, v1);
  EXPECT_EQ(w.entry(), v1);
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().result, "RolledBack");
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Rollout, LatestFinishesAHealthyRolloutAndThenTakesTheNewest) {
  World w = serving_v1();
  w.add_version(2);
  w.settle();
  w.add_version(3);
  w.add_version(4);
  w.settle();
  EXPECT_EQ(w.status().canary->version, "churn-v2");
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v4");
  for (const auto& frozen : w.seen.revisions) EXPECT_NE(version_of(*frozen), "churn-v3") << "skipped";
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Rollout, APinnedNameSupersedesAtOnce) {
  World w = serving_v1();
  w.add_version(2);
  w.add_version(3);
  w.seen.service.spec.version = {Policy::Pinned, "churn-v2"};
  w.seen.service.meta.generation = 2;
  w.settle();
  ASSERT_EQ(w.status().canary->version, "churn-v2");
  w.seen.service.spec.version.name = "churn-v3";
  w.seen.service.meta.generation = 3;
  w.settle();
  EXPECT_FALSE(w.status().canary && w.status().canary->version == "churn-v2");
  EXPECT_NE(w.entry(), "everybody") << "the superseded one is out before another comes in";
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v3");
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Rollout, TheSameBytesUnderANewerNameNeedNoRollout) {
  World w;
  w.add_version(1, "Ready", "Run", "sha256:same");
  ASSERT_TRUE(w.run_to_settled());
  const auto pods = w.seen.pods.size();
  w.add_version(2, "Ready", "Run", "sha256:same");
  w.settle();
  EXPECT_EQ(w.status().stable->version, "churn-v2");
  EXPECT_FALSE(w.status().canary);
  EXPECT_EQ(w.seen.pods.size(), pods);
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Rollout, LargeServicesShrinkByQuarters) {
  World w;
  w.seen.service.spec.replicas = 8;
  w.add_version(1);
  ASSERT_TRUE(w.run_to_settled());
  w.add_version(2);
  w.settle();
  EXPECT_EQ(w.count("churn-v2"), 8);
  w.advance(minutes(2));
  w.advance(minutes(1));
  w.advance(seconds(1));
  EXPECT_EQ(w.count("churn-v1"), 6);
  w.advance(seconds(28));
  EXPECT_EQ(w.count("churn-v1"), 6);
  w.advance(seconds(1));
  EXPECT_EQ(w.count("churn-v1"), 4);
  EXPECT_EQ(w.seen.budgets.size(), 2U);
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.seen.budgets.size(), 1U);
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Rollout, ABakeThatANewerVersionCutShortGoesOnWhenThatIsGone) {
  World w = serving_v1();
  w.seen.service.spec.rollout.on_new_version = OnNewVersion::Supersede;
  w.add_version(2);
  w.settle();
  w.advance(minutes(2));
  ASSERT_EQ(w.status().phase, "Baking");
  w.pods_of["churn-v3"] = Pods::CrashLoop;
  w.add_version(3);
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v2");
  EXPECT_EQ(w.status().last_good->version, "churn-v2") << "it has ended its bake";
  EXPECT_EQ(w.status().refused.size(), 1U);
}

TEST(Rollout, ABakeThatGoesOnLeavesTheVerdictOnTheVersionThatFailed) {
  World w = serving_v1();
  w.add_version(2);
  w.settle();
  w.advance(minutes(2));
  ASSERT_EQ(w.status().phase, "Baking");
  w.add_version(3);
  w.seen.service.spec.version = {Policy::Pinned, "churn-v3"};
  w.seen.service.meta.generation = 2;
  w.pods_of["churn-v3"] = Pods::CrashLoop;
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v2");
  EXPECT_EQ(w.status().result, "RolledBack");
  EXPECT_EQ(w.status().settled.version, "churn-v3");
  EXPECT_EQ(w.status().settled.result, "RolledBack");
  EXPECT_EQ(w.status().last_good->version, "churn-v2");
}

}  // namespace
}  // namespace millrace::inference_service
