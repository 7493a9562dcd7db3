// How much of the past is kept.
#include "training_job/keeping.h"

#include <gtest/gtest.h>

#include "unit/training_job/world.h"

namespace millrace::training_job {
namespace {

using std::chrono::hours;

std::string names(const World& w) {
  std::string out;
  for (const auto& job : w.seen.jobs) {
    if (number_label(job->meta, "millrace.dev/run") > 0) out += job->meta.name + " ";
  }
  return out;
}

// One more run of other inputs, up to a version in this phase.
void train(World& w, int number, const std::string& phase = "Ready") {
  const std::string n = std::to_string(number);
  w.seen.job.spec.parameters = {{"round", n}};
  ++w.seen.job.meta.generation;
  w.later(hours(1));
  w.settle();
  w.resolver_finds("churn-resolve-" + n, "sha256:1");
  w.settle();
  w.publishes("churn-r" + n + "-a1");
  w.settle();
  w.judge_version("churn-v" + n, phase);
  w.settle();
}

std::string versions(const World& w) {
  std::string out;
  for (const auto& v : w.seen.versions) out += v->meta.name + " ";
  return out;
}

TEST(Keeping, JobsOfSoManySuccessfulRuns) {
  World w;
  w.seen.job.spec.history.succeeded = 2;
  for (int i = 1; i <= 4; ++i) train(w, i);
  EXPECT_EQ(names(w), "churn-r3-a1 churn-r4-a1 ");
  w.seen.job.spec.history.succeeded = 0;
  w.edit();
  EXPECT_EQ(names(w), "churn-r4-a1 ") << "the newest tells what was asked for";
}

TEST(Keeping, JobsOfSoManyFailedAttempts) {
  World w;
  w.seen.job.spec.history.failed = 2;
  w.seen.job.spec.retry.backoff = std::chrono::seconds(0);
  w.until_it_trains();
  for (int i = 1; i <= 4; ++i) {
    w.fails("churn-r1-a" + std::to_string(i), "train", 1);
    w.settle();
  }
  EXPECT_EQ(w.status().phase, "Failed");
  EXPECT_EQ(names(w), "churn-r1-a3 churn-r1-a4 ");
  EXPECT_EQ(w.status().attempts.size(), 4u);
}

TEST(Keeping, SoManyVersions) {
  World w;
  w.seen.job.spec.history.versions = 2;
  for (int i = 1; i <= 4; ++i) train(w, i, i % 2 == 0 ? "Rejected" : "Ready");
  EXPECT_EQ(versions(w), "churn-v3 churn-v4 ");
  EXPECT_EQ(w.status().highest_version, 4);
  EXPECT_TRUE(w.quiet());
}

TEST(Keeping, WhatServesOrServedWellStays) {
  World w;
  w.seen.job.spec.history.versions = 1;
  const auto serve = [&](const char* name, const char* role, const char* verdict) {
    const auto* v = find_version(w.seen.versions, name);
    const_cast<model_version::ModelVersion*>(v)->status.serving = {
        {.service = "churn", .role = role, .verdict = verdict, .since = w.seen.now}};
  };
  train(w, 1);
  serve("churn-v1", "None", "Good");
  train(w, 2);
  serve("churn-v2", "Stable", "Good");
  train(w, 3);
  serve("churn-v3", "None", "Bad");
  train(w, 4);
  EXPECT_EQ(versions(w), "churn-v1 churn-v2 churn-v4 ");
}

TEST(Keeping, WhatAPersonApprovedOrHasYetToJudgeStays) {
  World w;
  w.seen.job.spec.history.versions = 1;
  const auto version = [&](const char* name) { return const_cast<model_version::ModelVersion*>(find_version(w.seen.versions, name)); };
  train(w, 1);
  version("churn-v1")->spec.approval.decision = model_version::ApprovalDecision::Approved;
  train(w, 2);
  version("churn-v2")->status.phase = "AwaitingApproval";
  train(w, 3);
  train(w, 4);
  EXPECT_EQ(versions(w), "churn-v1 churn-v2 churn-v4 ");
}

TEST(Keeping, AnothersVersionsAreLeftAlone) {
  World w;
  w.seen.job.spec.history.versions = 1;
  auto other = std::make_shared<model_version::ModelVersion>();
  other->meta = {.name = "churn-v1", .uid = "x"};
  other->spec = {.model = "churn", .version = 1};
  other->status.phase = "Ready";
  w.seen.versions.push_back(other);
  w.until_it_trains();
  w.publishes("churn-r1-a1");
  w.settle();
  w.judge_version("churn-v2", "Ready");
  w.settle();
  EXPECT_EQ(versions(w), "churn-v1 churn-v2 ");
}

}  // namespace
}  // namespace millrace::training_job
