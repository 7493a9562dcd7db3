// What a TrainingJob says and does when its children vanish, names are taken and people change their minds.
#include <gtest/gtest.h>

#include "json/codec.h"
#include "training_job/plan.h"
#include "unit/training_job/world.h"

namespace millrace::training_job {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// The Job controller lets the pod go before it says Failed.
TEST(TrainingJobTrouble, APodThatVanishesInTheMiddleIsNoDeadlineBeforeTrain) {
  World w;
  w.until_it_trains();
  w.later(hours(1));
  w.seen.pods.clear();
  w.settle();
  EXPECT_EQ(w.status().run.state, "Training");
  EXPECT_NE(w.status().phase, "Failed") << w.status().message;
  w.job("churn-r1-a1").status.conditions = {{.type = "Failed", .status = "True", .last_transition = w.seen.now, .message = "it is so"}};
  w.settle();
  EXPECT_EQ(w.status().phase, "Retrying");
}

// Its pod was seen when it had ended.
TEST(TrainingJobTrouble, ATrainThatNobodySawRunHasItsStartAllTheSame) {
  World w;
  w.settle();
  w.resolver_finds("churn-resolve-1", "sha256:1");
  w.settle();
  w.fails("churn-r1-a1", "train", 1);
  w.pod_of("churn-r1-a1").status.containers.front().state.terminated->started_at = w.seen.now - seconds(5);
  w.settle();
  EXPECT_EQ(w.status().phase, "Retrying");
  EXPECT_EQ(w.status().run.train_at, w.seen.now - seconds(5));
}

TEST(TrainingJobTrouble, ARunWhoseImageCannotBePulledDoesNotRun) {
  World w;
  w.settle();
  w.resolver_finds("churn-resolve-1", "sha256:1");
  w.settle();
  kube::ContainerStatus fetch{.name = "fetch"}, train{.name = "train"};
  fetch.state.terminated = kube::ContainerTerminated{.started_at = w.seen.now, .finished_at = w.seen.now};
  train.state.waiting = kube::ContainerWaiting{.reason = "ImagePullBackOff", .message = "no such host"};
  kube::Pod& pod = w.pod_of("churn-r1-a1");
  pod.status.init_containers = {fetch};
  pod.status.containers = {train};
  pod.status.phase = "Pending";
  w.settle();
  EXPECT_EQ(w.status().phase, "Pending");
  EXPECT_EQ(w.condition("Running"), "False");
  EXPECT_EQ(w.condition("Stalled"), "True");
  EXPECT_EQ(w.status().message, "run 1, attempt 1: container train: image cannot be pulled: no such host");
}

TEST(TrainingJobTrouble, AJobDeletedByHandIsMadeAgainWithItsWholeTime) {
  World w;
  w.until_it_trains();
  w.later(hours(5));
  w.seen.jobs.clear();
  w.seen.pods.clear();
  w.settle();
  ASSERT_EQ(w.status().run.job, "churn-r1-a1");
  w.later(hours(2));
  w.trains("churn-r1-a1");
  w.settle();
  EXPECT_EQ(w.status().phase, "Running") << w.status().message;
}

TEST(TrainingJobTrouble, AVerdictAboutFailedDataNamesNoVersionOfAnEarlierRun) {
  World w;
  w.until_it_is_done();
  w.seen.job.spec.data[0].uri = "pvc://data/other.csv";
  w.edit();
  w.resolver_fails("churn-resolve-2", 10, "NotFound");
  w.settle();
  ASSERT_EQ(w.condition("Settled"), "True");
  EXPECT_EQ(w.status().result, "Failed");
  EXPECT_EQ(w.status().settled.version, "");
  EXPECT_EQ(w.status().settled.run, 0);
}

TEST(TrainingJobTrouble, AVerdictAboutABrokenSpecNamesNoVersion) {
  World w;
  w.until_it_is_done();
  w.seen.job.spec.workers = 2;
  w.edit();
  EXPECT_EQ(w.status().result, "Invalid");
  EXPECT_EQ(w.status().settled.version, "");
}

TEST(TrainingJobTrouble, AnotherSecretIsTried) {
  World w;
  w.seen.job.spec.data = {{.name = "train", .uri = "https://example.org/train.csv"}};
  w.settle();
  w.resolver_fails("churn-resolve-1", 10, "Unauthorized");
  w.settle();
  ASSERT_EQ(w.status().phase, "Failed");
  w.seen.job.spec.data[0].secret_name = "data-read";
  w.edit();
  EXPECT_EQ(w.status().phase, "ResolvingData");
  EXPECT_EQ(w.status().resolve.job, "churn-resolve-2");
}

TEST(TrainingJobTrouble, InputsThatComeBackAreTrainedAfterAll) {
  World w;
  w.until_it_trains();
  w.fails("churn-r1-a1", "train", 1);
  w.settle();
  const json::StringMap before = w.seen.job.spec.parameters;
  w.seen.job.spec.parameters = {{"max_iter", "500"}};
  w.edit();
  ASSERT_EQ(w.status().run.reason, "InputsChanged");
  w.seen.job.spec.parameters = before;
  w.edit();
  EXPECT_EQ(w.condition("Settled"), "False") << w.status().message;
  w.resolver_finds(w.status().resolve.job, "sha256:1");
  w.settle();
  EXPECT_EQ(w.status().run.job, "churn-r2-a1");
}

TEST(TrainingJobTrouble, AResolverOnALostNodeIsWrittenOff) {
  World w;
  w.settle();
  w.pod_of("churn-resolve-1").status.phase = "Running";
  w.pod_of("churn-resolve-1").meta.deletion = w.seen.now;
  w.settle();
  EXPECT_EQ(w.status().resolve.number, 1);
  w.later(minutes(5));
  w.settle();
  w.later(seconds(10));
  w.settle();
  EXPECT_EQ(w.status().resolve.job, "churn-resolve-2");
}

TEST(TrainingJobTrouble, AFollowerThatCannotStartEndsTheAttempt) {
  World w;
  w.seen.job.spec.evaluate = shared::Step{.image = "example/evaluate:1", .command = {"python"}};
  w.until_it_trains();
  auto& containers = w.pod_of("churn-r1-a1").status.containers;
  containers.push_back({.name = "evaluate"});
  containers.back().state.terminated =
      kube::ContainerTerminated{.exit_code = 128, .reason = "StartError", .message = "no such user", .finished_at = w.seen.now};
  w.later(seconds(61));
  w.settle();
  EXPECT_EQ(w.status().phase, "Retrying");
  EXPECT_EQ(w.status().attempts.at(0).container, "evaluate");
}

TEST(TrainingJobTrouble, DataThatMovesForTheFourthTimeEndsTheRun) {
  World w;
  w.until_it_trains();
  for (int change = 1; change <= 4; ++change) {
    w.fails(w.status().run.job, "fetch", 10, R"({"v":1,"error":{"reason":"DataChanged","source":"train","message":"other bytes"}})");
    w.settle();
    if (change == 4) break;
    w.resolver_finds(w.status().resolve.job, "sha256:" + std::to_string(change + 1));
    w.settle();
    ASSERT_EQ(w.status().run.attempt, change + 1);
  }
  EXPECT_EQ(w.status().phase, "Failed") << "an attempt with the old identity can only fail again";
  EXPECT_EQ(w.status().run.reason, "DataChanged");
}

TEST(TrainingJobTrouble, DataThatIsResolvedAgainIsNotReady) {
  World w;
  w.until_it_trains();
  w.fails("churn-r1-a1", "fetch", 10, R"({"v":1,"error":{"reason":"DataChanged","source":"train","message":"other bytes"}})");
  w.settle();
  ASSERT_EQ(w.status().run.state, "Resolving");
  EXPECT_EQ(w.condition("DataReady"), "False");
}

// The API server knows a version of somebody else before our cache does.
TEST(TrainingJobTrouble, ANumberThatWasTakenIsAnsweredByTheNextOneAtOnce) {
  World w;
  w.until_it_trains();
  w.publishes("churn-r1-a1");
  w.step();
  w.seen.versions.clear();
  w.seen.refusals = {{.kind = &kube::resources::kModelVersion,
                      .name = "churn-v1",
                      .code = 409,
                      .message = "ModelVersion churn-v1 exists already",
                      .at = w.seen.now,
                      .taken = true}};
  w.settle();
  EXPECT_EQ(w.condition("Settled"), "False") << w.status().message;
  EXPECT_NE(find_version(w.seen.versions, "churn-v2"), nullptr);
}

TEST(TrainingJobTrouble, ARunWhoseVersionIsRefusedIsNotRegistered) {
  World w;
  w.until_it_is_done();
  w.seen.job.spec.run = "again";
  w.edit();
  w.resolver_finds("churn-resolve-2", "sha256:1");
  w.settle();
  w.publishes("churn-r2-a1");
  w.seen.refusals = {
      {.kind = &kube::resources::kModelVersion, .name = "churn-v2", .code = 403, .message = "exceeded quota: q", .at = w.seen.now}};
  w.seen.job.status = *plan(w.seen, {}).status;
  ASSERT_EQ(kube::find(w.status().conditions, "Stalled")->reason, "QuotaExceeded");
  EXPECT_EQ(w.condition("Registered"), "False");
}

// An image's tag and a server's ETag may mean something else tomorrow.
TEST(TrainingJobProvenance, AVersionTellsWhatReallyRanOnWhichBytes) {
  World w;
  w.until_it_trains();
  w.publishes("churn-r1-a1");
  kube::ContainerStatus fetch{.name = "fetch"};
  fetch.state.terminated = kube::ContainerTerminated{.message = R"({"v":1,"sources":[{"name":"train","sha256":"sha256:read"}]})"};
  w.pod_of("churn-r1-a1").status.init_containers = {fetch};
  w.pod_of("churn-r1-a1").status.containers.front().image_id = "example/train@sha256:ran";
  w.settle();
  const auto* version = find_version(w.seen.versions, "churn-v1");
  ASSERT_NE(version, nullptr);
  EXPECT_EQ(version->spec.provenance->data.at(0).sha256, "sha256:read");
  EXPECT_EQ(version->spec.provenance->images.at(0).image, "example/train:1");
  EXPECT_EQ(version->spec.provenance->images.at(0).image_id, "example/train@sha256:ran");
  EXPECT_EQ(w.status().data.at(0).sha256, "sha256:read");
}

TEST(Schema, WhatAModelVersionWouldRefuseIsRefusedBeforeTraining) {
  World w;
  for (const char* format : {"3d", "onnx-1.15"}) {
    w.seen.job.spec.output.format = format;
    EXPECT_EQ(json::violations(&w.seen.job.spec, Spec::schema, "spec").size(), 1u) << format;
  }
}

// fetch tells the digests of all sources in one message of 1,000 bytes.
TEST(Schema, ARunHasAtMostSevenSources) {
  World w;
  for (int i = 0; i < 7; ++i) w.seen.job.spec.data.push_back({.name = "more-" + std::to_string(i), .uri = "pvc://data/more"});
  EXPECT_EQ(json::violations(&w.seen.job.spec, Spec::schema, "spec").size(), 1u);
}

}  // namespace
}  // namespace millrace::training_job
