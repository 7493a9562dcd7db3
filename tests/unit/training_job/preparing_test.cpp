// prepare: Once: data is fetched and preprocessed by a Job of its own, which all attempts of the run use.
#include <gtest/gtest.h>

#include "training_job/children.h"
#include "training_job/plan.h"
#include "unit/training_job/world.h"

namespace millrace::training_job {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// Up to the Job that prepares the first attempt.
World preparing() {
  World w;
  w.seen.job.spec.prepare = Prepare::Once;
  w.seen.job.spec.workspace = Workspace{.claim_name = "data"};
  w.settle();
  w.resolver_finds("churn-resolve-1", kDigest);
  w.settle();
  return w;
}

void prepares(World& w, const std::string& name, const std::string& read = "sha256:c") {
  w.fetches(name, R"({"v":1,"sources":[{"name":"train","sha256":")" + read + R"("}]})");
  w.settle();
}

std::vector<std::string> names(const World& w) {
  std::vector<std::string> out;
  for (const auto& job : w.seen.jobs) out.push_back(job->meta.name);
  std::erase_if(out, [](const std::string& name) { return name.starts_with("churn-resolve-"); });
  return out;
}

TEST(Preparing, ComesBeforeTheAttemptTrains) {
  World w = preparing();
  EXPECT_EQ(names(w), (std::vector<std::string>{"churn-r1-a1-prepare"}));
  EXPECT_EQ(w.status().run.state, "Preparing");
  EXPECT_EQ(w.status().message, "run 1, attempt 1 is being prepared");
  prepares(w, "churn-r1-a1-prepare");
  EXPECT_EQ(w.status().run.job, "churn-r1-a1");
  EXPECT_EQ(w.status().data[0].sha256, "sha256:c");
  w.publishes("churn-r1-a1");
  w.settle();
  ASSERT_EQ(w.seen.versions.size(), 1u);
  EXPECT_EQ(w.seen.versions[0]->spec.provenance->data[0].sha256, "sha256:c");
  EXPECT_EQ(names(w), (std::vector<std::string>{"churn-r1-a1-prepare", "churn-r1-a1"})) << "both keep their logs";
}

TEST(Preparing, IsDoneOnceForAllAttempts) {
  World w = preparing();
  prepares(w, "churn-r1-a1-prepare");
  w.trains("churn-r1-a1");
  w.settle();
  w.fails("churn-r1-a1", "train", 1);
  w.settle();
  w.later(seconds(10));
  w.settle();
  EXPECT_EQ(w.status().run.job, "churn-r1-a2");
  EXPECT_EQ(w.status().run.prepared.attempt, 1);
}

TEST(Preparing, AFailureOfItIsOneOfTheAttempt) {
  World w = preparing();
  w.fails("churn-r1-a1-prepare", "preprocess", 1, R"({"v":1,"exitCode":1,"signal":0,"outOfMemory":false,"stderr":"no column age"})");
  w.settle();
  EXPECT_EQ(w.status().phase, "Retrying");
  EXPECT_EQ(w.status().attempts.back().container, "preprocess");
  EXPECT_EQ(w.status().run.counted, 1);
  w.later(seconds(10));
  w.settle();
  EXPECT_EQ(w.status().run.job, "churn-r1-a2-prepare") << "in a folder of its own: the first may still write";
}

TEST(Preparing, TheNextRunPreparesAgainAndTheFormerJobGoes) {
  World w = preparing();
  prepares(w, "churn-r1-a1-prepare");
  w.publishes("churn-r1-a1");
  w.settle();
  w.judge_version("churn-v1", "Ready");
  w.settle();
  w.seen.job.spec.run = "again";
  w.edit();
  w.settle();
  w.resolver_finds("churn-resolve-2", kDigest);
  w.settle();
  EXPECT_EQ(w.status().run.job, "churn-r2-a1-prepare");
  EXPECT_EQ(names(w), (std::vector<std::string>{"churn-r1-a1", "churn-r2-a1-prepare"}));
}

TEST(Preparing, IsFoundAgainAfterALostStatus) {
  World w = preparing();
  w.seen.job.status = {};
  w.settle();
  EXPECT_EQ(w.status().run.state, "Preparing");
  EXPECT_EQ(w.status().run.prepared.claim, "data");
  prepares(w, "churn-r1-a1-prepare");
  w.seen.job.status = {};
  w.settle();
  EXPECT_EQ(w.status().run.job, "churn-r1-a1");
  EXPECT_EQ(w.status().run.prepared.attempt, 1);
  EXPECT_EQ(names(w), (std::vector<std::string>{"churn-r1-a1-prepare", "churn-r1-a1"}));
}

TEST(Preparing, ASuspendedRunIsNotPreparedAgain) {
  World w = preparing();
  w.seen.job.spec.suspend = true;
  ++w.seen.job.meta.generation;
  w.fetches("churn-r1-a1-prepare", R"({"v":1,"sources":[{"name":"train","sha256":"sha256:c"}]})");
  w.settle();
  EXPECT_EQ(w.status().phase, "Suspended");
  EXPECT_EQ(names(w), (std::vector<std::string>{"churn-r1-a1-prepare"})) << "it had done its work";
  w.seen.job.spec.suspend = false;
  ++w.seen.job.meta.generation;
  w.settle();
  EXPECT_EQ(w.status().run.job, "churn-r1-a1");
}

TEST(Preparing, WhatIsPinnedStaysWhereItIsThoughTheSpecNamesAnotherWorkspace) {
  World w = preparing();
  prepares(w, "churn-r1-a1-prepare");
  w.seen.job.spec.workspace = Workspace{.claim_name = "models"};
  ++w.seen.job.meta.generation;
  w.settle();
  const auto pod = json::dump(run_job(w.seen.job, w.status(), {}).desired);
  EXPECT_NE(pod.find(R"("name":"workspace","persistentVolumeClaim":{"claimName":"data"}})"), std::string::npos) << pod;
  w.fails("churn-r1-a1", "train", 1);
  w.settle();
  w.later(seconds(10));
  w.settle();
  EXPECT_EQ(w.status().run.job, "churn-r1-a2-prepare") << "the next attempt finds nothing on the new one";
}

TEST(Preparing, TheDeadlineForPendingHoldsForItToo) {
  World w = preparing();
  w.later(minutes(31));
  w.settle();
  EXPECT_EQ(w.status().run.reason, "PendingDeadline");
}

}  // namespace
}  // namespace millrace::training_job
