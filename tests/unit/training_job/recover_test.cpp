// A result that nobody was told is read from the store again.
#include <gtest/gtest.h>

#include "training_job/plan.h"
#include "unit/training_job/world.h"

namespace millrace::training_job {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const std::string kTold =
    R"({"v":1,"digest":")" + kDigest + R"(","size":99,"metrics":{"accuracy":"0.95"},"read":{"train":"sha256:c"},"result":"sha256:b"})";
constexpr const char* kNotThere = R"({"v":1,"error":{"reason":"NotFound","source":"","message":"there is no result.json"}})";
constexpr const char* kUnreachable = R"({"v":1,"error":{"reason":"Unreachable","source":"","message":"no route"}})";

// Complete, and its pod is gone.
void lose(World& w) {
  w.until_it_trains();
  w.publishes("churn-r1-a1");
  w.seen.pods.clear();
  w.settle();
  w.later(seconds(30));
  w.settle();
}

TEST(Recover, NothingIsTrainedAgainWhenThePodIsGone) {
  World w;
  lose(w);
  EXPECT_EQ(w.status().run.state, "Recovering");
  EXPECT_EQ(w.condition("Settled"), "False");
  w.recovers("churn-r1-a1-recover-1", 0, kTold);
  w.settle();
  EXPECT_EQ(w.status().run.digest, kDigest);
  EXPECT_EQ(w.status().data[0].sha256, "sha256:c");
  ASSERT_EQ(w.seen.versions.size(), 1u);
  EXPECT_EQ(w.seen.versions[0]->spec.metrics.at("accuracy"), "0.95");
  EXPECT_EQ(w.status().run.attempt, 1);
  for (const auto& job : w.seen.jobs) EXPECT_EQ(job->meta.name.find("recover"), std::string::npos) << "it has done its work";
}

TEST(Recover, AMessageThatDoesNotParseIsReadAgainAtOnce) {
  World w;
  w.until_it_trains();
  w.publishes("churn-r1-a1");
  w.pod_of("churn-r1-a1").status.containers.back().state.terminated->message = R"({"v":1,"dig)";
  w.settle();
  EXPECT_EQ(w.status().run.recover.job, "churn-r1-a1-recover-1");
}

TEST(Recover, WhatIsNotInTheStoreIsACountedFailure) {
  World w;
  lose(w);
  w.recovers("churn-r1-a1-recover-1", 10, kNotThere);
  w.settle();
  EXPECT_EQ(w.status().phase, "Retrying");
  EXPECT_EQ(w.status().run.counted, 1);
  EXPECT_EQ(w.status().attempts.back().reason, "ResultLost");
  w.later(seconds(10));
  w.settle();
  EXPECT_EQ(w.status().run.job, "churn-r1-a2");
}

TEST(Recover, AStoreThatCannotBeReachedIsAskedAgain) {
  World w;
  lose(w);
  w.recovers("churn-r1-a1-recover-1", 20, kUnreachable);
  const auto plan = w.settle();
  EXPECT_EQ(w.status().run.state, "Recovering");
  EXPECT_NE(w.status().message.find("no route"), std::string::npos) << w.status().message;
  EXPECT_EQ(plan.wake, w.seen.now + seconds(10));
  EXPECT_TRUE(w.quiet());
  w.later(seconds(10));
  w.settle();
  EXPECT_EQ(w.status().run.recover.job, "churn-r1-a1-recover-2");
  w.recovers("churn-r1-a1-recover-2", 0, kTold);
  w.settle();
  EXPECT_EQ(w.seen.versions.size(), 1u);
}

TEST(Recover, AWipedStatusFindsItsJob) {
  World w;
  lose(w);
  w.recovers("churn-r1-a1-recover-1", 20, kUnreachable);
  w.settle();
  w.later(minutes(1));
  w.settle();
  ASSERT_EQ(w.status().run.recover.job, "churn-r1-a1-recover-2");
  w.seen.job.status = {};
  w.settle();
  EXPECT_EQ(w.status().run.state, "Recovering");
  EXPECT_EQ(w.status().run.recover.job, "churn-r1-a1-recover-2");
  EXPECT_EQ(w.status().run.attempt, 1);
}

TEST(Recover, TheStoreOfThePromiseIsReadWhateverTheSpecSaysNow) {
  World w;
  w.until_it_trains();
  w.seen.job.spec.output.store = {.uri = "s3://elsewhere", .secret_name = "s"};
  w.publishes("churn-r1-a1");
  w.pod_of("churn-r1-a1").status.containers.back().state.terminated->message = "";
  const auto plan = w.step();
  ASSERT_EQ(plan.children.size(), 1u);
  const std::string text = json::dump(plan.children[0].desired);
  EXPECT_NE(text.find(R"(\"store\":\"/millrace/claims/models/store\")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(\"report\":[\"accuracy\"])"), std::string::npos) << text;
}

}  // namespace
}  // namespace millrace::training_job
