// spec.suspend: what goes ends and goes on later.
#include <gtest/gtest.h>

#include "training_job/plan.h"
#include "unit/training_job/world.h"

namespace millrace::training_job {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

void suspend(World& w, bool on = true) {
  w.seen.job.spec.suspend = on;
  ++w.seen.job.meta.generation;
}

TEST(Suspend, NothingBeginsWhileItIsSo) {
  World w;
  w.seen.job.spec.suspend = true;
  const auto plan = w.settle();
  EXPECT_TRUE(plan.children.empty());
  EXPECT_EQ(w.status().phase, "Suspended");
  EXPECT_EQ(w.status().result, "Suspended");
  EXPECT_EQ(w.condition("Settled"), "True");
  EXPECT_EQ(w.condition("Stalled"), "False");
  suspend(w, false);
  w.settle();
  EXPECT_EQ(w.status().phase, "ResolvingData");
}

TEST(Suspend, AnAttemptEndsAndTheRunGoesOnWithTheNext) {
  World w;
  w.until_it_trains();
  suspend(w);
  const auto plan = w.step();
  ASSERT_EQ(plan.deletes.size(), 1u);
  EXPECT_EQ(plan.deletes[0].name, "churn-r1-a1");
  EXPECT_EQ(w.condition("Settled"), "False") << "the attempt has not ended";
  w.seen.pods.clear();
  w.settle();
  EXPECT_EQ(w.status().phase, "Suspended");
  EXPECT_EQ(w.status().result, "Suspended");
  ASSERT_EQ(w.status().attempts.size(), 1u);
  EXPECT_EQ(w.status().attempts[0].reason, "Suspended");
  w.later(hours(20));
  EXPECT_TRUE(w.quiet());
  suspend(w, false);
  w.settle();
  EXPECT_EQ(w.status().run.job, "churn-r1-a2");
  EXPECT_EQ(w.status().run.number, 1);
  EXPECT_EQ(w.status().run.counted, 0);
  w.publishes("churn-r1-a2");
  w.settle();
  w.judge_version("churn-v1", "Ready");
  w.settle();
  EXPECT_EQ(w.status().result, "VersionReady");
}

TEST(Suspend, OnceBegunItFinishesAndThePodHasItsGrace) {
  World w;
  w.until_it_trains();
  suspend(w);
  w.step();
  suspend(w, false);
  const auto plan = w.settle();
  EXPECT_EQ(w.status().run.state, "Suspended");
  EXPECT_EQ(w.status().phase, "Pending");
  ASSERT_TRUE(plan.wake);
  w.later(minutes(1));
  w.settle();
  EXPECT_EQ(w.status().run.job, "churn-r1-a2");
}

TEST(Suspend, WorkThatIsDoneIsTaken) {
  World w;
  w.until_it_trains();
  w.publishes("churn-r1-a1");
  w.job("churn-r1-a1").status.conditions.clear();  // the Job controller has not said so yet
  suspend(w);
  w.settle();
  EXPECT_EQ(w.status().run.state, "Training");
  w.publishes("churn-r1-a1");
  w.settle();
  w.judge_version("churn-v1", "Ready");
  w.settle();
  EXPECT_EQ(w.status().run.state, "Done");
  EXPECT_EQ(w.status().result, "Suspended");
  EXPECT_EQ(w.condition("Succeeded"), "True");
  suspend(w, false);
  w.settle();
  EXPECT_EQ(w.status().result, "VersionReady");
}

TEST(Suspend, ARetryWaits) {
  World w;
  w.until_it_trains();
  w.fails("churn-r1-a1", "train", 1);
  w.settle();
  suspend(w);
  w.settle();
  w.later(hours(1));
  EXPECT_TRUE(w.quiet());
  EXPECT_EQ(w.status().phase, "Suspended");
  suspend(w, false);
  w.settle();
  EXPECT_EQ(w.status().run.job, "churn-r1-a2");
}

TEST(Suspend, AFinishedOneKeepsWhatItWas) {
  World w;
  w.until_it_is_done();
  suspend(w);
  w.settle();
  EXPECT_EQ(w.status().phase, "Suspended");
  EXPECT_EQ(w.condition("Ready"), "True");
  suspend(w, false);
  w.settle();
  EXPECT_EQ(w.status().result, "VersionReady");
}

}  // namespace
}  // namespace millrace::training_job
