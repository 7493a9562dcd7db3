// What a TrainingJob does and says, situation by situation.
#include "training_job/plan.h"

#include <gtest/gtest.h>

#include "json/codec.h"
#include "training_job/children.h"
#include "training_job/identity.h"
#include "unit/training_job/world.h"

namespace millrace::training_job {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(TrainingJobPlan, TheRoadFromPendingToAReadyVersion) {
  World w;
  w.settle();
  EXPECT_EQ(w.status().phase, "ResolvingData");
  EXPECT_EQ(w.condition("Settled"), "False");
  w.resolver_finds("churn-resolve-1", "sha256:1");
  w.settle();
  EXPECT_EQ(w.status().run.job, "churn-r1-a1");
  EXPECT_EQ(w.condition("DataReady"), "True");
  w.trains("churn-r1-a1");
  w.settle();
  EXPECT_EQ(w.status().phase, "Running");
  w.publishes("churn-r1-a1");
  w.settle();
  EXPECT_EQ(w.status().phase, "Succeeded");
  EXPECT_EQ(w.condition("Settled"), "False") << "the gates are not judged";
  w.judge_version("churn-v1", "Ready");
  w.settle();
  EXPECT_EQ(w.status().result, "VersionReady");
  EXPECT_EQ(w.status().settled.version, "churn-v1");
  EXPECT_EQ(w.condition("Ready"), "True");
  EXPECT_EQ(w.condition("Settled"), "True");
  EXPECT_TRUE(w.quiet());
}

TEST(TrainingJobPlan, ItIsQuietOnItsOwnResultAtAnyTimeBeforeItsWake) {
  World w;
  w.until_it_trains();
  const auto wake = plan(w.seen, {}).wake;
  ASSERT_TRUE(wake);
  for (w.seen.now = kNow; w.seen.now < *wake; w.later(minutes(7))) EXPECT_TRUE(w.quiet()) << core::to_rfc3339(w.seen.now);
}

TEST(TrainingJobPlan, AVersionBelowItsGateSettlesAsRejected) {
  World w;
  w.until_it_trains();
  w.publishes("churn-r1-a1", "0.85");
  w.settle();
  w.judge_version("churn-v1", "Rejected");
  w.settle();
  EXPECT_EQ(w.status().phase, "Succeeded");
  EXPECT_EQ(w.status().result, "VersionRejected");
  EXPECT_EQ(w.condition("Stalled"), "True");
  EXPECT_NE(w.status().message.find("0.85"), std::string::npos);
}

TEST(TrainingJobPlan, AMissingClaimIsNamedAndNothingIsMade) {
  World w;
  w.claims(false);
  const auto plan = w.settle();
  EXPECT_TRUE(plan.children.empty());
  EXPECT_EQ(w.status().phase, "Pending");
  EXPECT_EQ(w.condition("Accepted"), "False");
  EXPECT_NE(w.status().message.find("PersistentVolumeClaim data does not exist"), std::string::npos);
  w.claims(true);
  w.settle();
  EXPECT_EQ(w.status().phase, "ResolvingData");
}

TEST(TrainingJobPlan, DataThatIsNotThereFailsUntilTheSpecChanges) {
  World w;
  w.settle();
  w.resolver_fails("churn-resolve-1", 10, "NotFound");
  w.settle();
  EXPECT_EQ(w.status().phase, "Failed");
  EXPECT_EQ(w.condition("Settled"), "True");
  EXPECT_EQ(w.condition("DataReady"), "False");
  w.later(hours(5));
  EXPECT_TRUE(w.quiet());
  w.seen.job.spec.run = "again";
  ++w.seen.job.meta.generation;
  w.settle();
  EXPECT_EQ(w.status().resolve.job, "churn-resolve-2");
}

TEST(TrainingJobPlan, APlaceThatCannotTellIsAskedAgain) {
  World w;
  w.settle();
  w.resolver_fails("churn-resolve-1", 20, "Unreachable");
  const auto plan = w.settle();
  EXPECT_EQ(w.status().phase, "ResolvingData");
  EXPECT_EQ(plan.wake, kNow + seconds(10));
  w.later(seconds(10));
  w.settle();
  EXPECT_EQ(w.status().resolve.job, "churn-resolve-2");
}

TEST(TrainingJobPlan, ACountedFailureIsRetriedUpToTheLimit) {
  World w;
  w.seen.job.spec.retry = {.limit = 1, .backoff = seconds(10)};
  w.until_it_trains();
  w.fails("churn-r1-a1", "train", 3, R"({"v":1,"exitCode":3,"signal":0,"outOfMemory":false,"stderr":"boom"})");
  const auto plan = w.settle();
  EXPECT_EQ(w.status().phase, "Retrying");
  EXPECT_EQ(plan.wake, w.seen.now + seconds(10));
  w.later(seconds(10));
  w.settle();
  EXPECT_EQ(w.status().run.job, "churn-r1-a2");
  w.fails("churn-r1-a2", "train", 3);
  w.settle();
  EXPECT_EQ(w.status().phase, "Failed");
  EXPECT_EQ(w.status().result, "Failed");
  EXPECT_EQ(w.status().attempts.size(), 2u);
  EXPECT_EQ(w.status().attempts[0].exit_code, 3);
  EXPECT_EQ(w.seen.jobs.size(), 3u) << "the failed attempts stay for their logs";
}

TEST(TrainingJobPlan, ADisruptionIsFree) {
  World w;
  w.seen.job.spec.retry.limit = 0;
  w.until_it_trains();
  w.fails("churn-r1-a1", "train", 137);
  w.pod_of("churn-r1-a1").status.conditions = {
      {.type = "DisruptionTarget", .status = "True", .reason = "PreemptionByScheduler", .message = "preempted"}};
  w.settle();
  EXPECT_EQ(w.status().phase, "Retrying");
  EXPECT_EQ(w.status().run.counted, 0);
  EXPECT_EQ(w.status().run.disruptions, 1);
}

TEST(TrainingJobPlan, DataThatMovedIsResolvedAgainAndNotCounted) {
  World w;
  w.seen.job.spec.retry.limit = 0;
  w.until_it_trains();
  const std::string hash = w.status().run.input_hash;
  w.fails("churn-r1-a1", "fetch", 10, R"({"v":1,"error":{"reason":"DataChanged","source":"train","message":"other bytes"}})");
  w.settle();
  EXPECT_EQ(w.status().resolve.job, "churn-resolve-2");
  w.resolver_finds("churn-resolve-2", "sha256:2");
  w.settle();
  EXPECT_EQ(w.status().run.job, "churn-r1-a2");
  EXPECT_NE(w.status().run.input_hash, hash);
  EXPECT_EQ(w.status().run.counted, 0);
}

TEST(TrainingJobPlan, ADeadlineEndsTheRunAndItsJob) {
  World w;
  w.until_it_trains();
  w.later(hours(6));
  const auto plan = w.step();
  ASSERT_EQ(plan.deletes.size(), 1u);
  EXPECT_EQ(plan.deletes[0].name, "churn-r1-a1");
  EXPECT_EQ(w.status().phase, "Failed");
  EXPECT_EQ(w.status().run.reason, "RunDeadline");
  EXPECT_TRUE(w.quiet());
}

TEST(TrainingJobPlan, SameInputsMakeNoNewRunAndChangedOnesDo) {
  World w;
  w.until_it_is_done();
  w.seen.job.spec.retry.limit = 7;  // no input
  ++w.seen.job.meta.generation;
  w.settle();
  EXPECT_EQ(w.status().run.number, 1);
  EXPECT_EQ(w.status().settled.generation, 2);
  EXPECT_EQ(w.status().result, "VersionReady");
  EXPECT_EQ(w.condition("Settled"), "True");
  EXPECT_EQ(kube::find(w.status().conditions, "Settled")->reason, "Unchanged");
  EXPECT_EQ(kube::find(w.status().conditions, "Ready")->reason, "VersionReady");
  EXPECT_TRUE(w.quiet());
  w.seen.job.spec.parameters = {{"max_iter", "500"}};
  ++w.seen.job.meta.generation;
  w.settle();
  w.resolver_finds("churn-resolve-2", "sha256:1");
  w.settle();
  EXPECT_EQ(w.status().run.number, 2);
  EXPECT_EQ(w.condition("Settled"), "False");
  EXPECT_FALSE(w.job("churn-r1-a1").meta.deleting()) << "kept for its logs";
}

TEST(TrainingJobPlan, AnEditWhileItTrainsIsNotUnchanged) {
  World w;
  w.until_it_trains();
  w.seen.job.spec.retry.limit = 7;
  ++w.seen.job.meta.generation;
  w.settle();
  w.publishes("churn-r1-a1");
  w.settle();
  w.judge_version("churn-v1", "Ready");
  w.settle();
  EXPECT_EQ(w.status().settled.generation, 2);
  EXPECT_EQ(kube::find(w.status().conditions, "Settled")->reason, "VersionReady");
}

TEST(TrainingJobPlan, AnotherModelIsAnotherLineageAndIsTrained) {
  World w;
  w.until_it_is_done();
  w.seen.job.spec.model = "leavers";
  ++w.seen.job.meta.generation;
  w.settle();
  EXPECT_EQ(w.condition("Settled"), "False");
  w.resolver_finds("churn-resolve-2", "sha256:1");
  w.settle();
  w.publishes("churn-r2-a1");
  w.settle();
  EXPECT_EQ(w.status().model_version, "leavers-v2") << "numbers never fall, whatever the model";
}

TEST(TrainingJobPlan, OtherInputsWaitForTheRunThatGoes) {
  World w;
  w.until_it_trains();
  w.seen.job.spec.parameters = {{"max_iter", "500"}};
  ++w.seen.job.meta.generation;
  w.settle();
  EXPECT_EQ(w.status().phase, "Running");
  EXPECT_EQ(w.status().run.job, "churn-r1-a1");
  w.fails("churn-r1-a1", "train", 1);
  w.settle();
  w.later(minutes(1));
  w.settle();
  EXPECT_EQ(w.status().resolve.job, "churn-resolve-2") << "no second attempt of inputs that nobody wants any more";
}

TEST(TrainingJobPlan, ATakenVersionNumberIsLeftAlone) {
  World w;
  w.until_it_trains();
  auto foreign = std::make_shared<model_version::ModelVersion>();
  foreign->meta = {.name = "churn-v1", .uid = "x"};
  foreign->spec = {.model = "churn", .version = 1};
  w.seen.versions.push_back(foreign);
  w.publishes("churn-r1-a1");
  w.settle();
  EXPECT_EQ(w.status().run.version, 2);
  EXPECT_NE(find_version(w.seen.versions, "churn-v2"), nullptr);
}

TEST(TrainingJobPlan, AWipedStatusIsRebuiltAndNothingIsTrainedAgain) {
  World w;
  w.until_it_is_done();
  const Status before = w.status();
  w.seen.job.status = {};
  w.settle();
  EXPECT_EQ(w.status().run.number, 1);
  EXPECT_EQ(w.status().settled.version, "churn-v1");
  EXPECT_EQ(w.status().result, "VersionReady");
  EXPECT_EQ(w.status().run.input_hash, before.run.input_hash);
  EXPECT_EQ(w.seen.versions.size(), 1u);
}

TEST(TrainingJobPlan, AStatusWipedInTheMiddleFindsItsAttempt) {
  World w;
  w.until_it_trains();
  w.fails("churn-r1-a1", "train", 1);
  w.settle();
  w.later(seconds(10));
  w.settle();
  w.trains("churn-r1-a2");
  w.settle();
  w.seen.job.status = {};
  w.settle();
  EXPECT_EQ(w.status().run.job, "churn-r1-a2");
  EXPECT_EQ(w.status().run.counted, 1);
  EXPECT_EQ(w.status().phase, "Running");
  EXPECT_EQ(w.status().data.size(), 1u);
}

TEST(TrainingJobPlan, AReCreatedTrainingJobStartsNothingForTheSameInputs) {
  World w;
  w.until_it_is_done();
  w.seen.job.status = {};
  w.seen.job.meta.uid = "another";
  w.seen.jobs.clear();
  w.seen.pods.clear();
  w.settle();
  EXPECT_EQ(w.status().result, "VersionReady");
  EXPECT_EQ(w.seen.versions.size(), 1u);
  EXPECT_TRUE(w.seen.jobs.empty());
}

TEST(TrainingJobPlan, ARefusedJobIsToldInTheServersWords) {
  World w;
  w.step();
  w.seen.jobs.clear();
  w.seen.refusals = {{.kind = &kube::resources::kJob, .name = "churn-resolve-1", .code = 403, .message = "exceeded quota: q", .at = kNow}};
  w.seen.job.status = *plan(w.seen, {}).status;
  EXPECT_EQ(w.condition("Stalled"), "True");
  EXPECT_EQ(kube::find(w.status().conditions, "Stalled")->reason, "QuotaExceeded");
  w.seen.refusals[0] = {.kind = &kube::resources::kJob,
                        .name = "churn-resolve-1",
                        .code = 409,
                        .message = "Job churn-resolve-1 exists already",
                        .at = kNow,
                        .taken = true};
  w.seen.job.status = *plan(w.seen, {}).status;
  EXPECT_EQ(w.status().phase, "Invalid");
  EXPECT_EQ(w.status().result, "Invalid");
}

TEST(TrainingJobPlan, ASilentPodIsExplainedByItsNewestEvent) {
  World w;
  w.settle();
  w.pod_of("churn-resolve-1");
  w.later(seconds(31));
  const auto asks = plan(w.seen, {});
  ASSERT_EQ(asks.questions.size(), 1u);
  const auto what = asks.questions[0].what;
  EXPECT_EQ(std::get<plan::EventsOf>(what).uid, w.pod_of("churn-resolve-1").meta.uid);
  w.seen.facts.push_back(
      {.question = asks.questions[0], .answer = plan::Sentence{"FailedMount", "secret \"s\" not found"}, .answered = w.seen.now});
  w.settle();
  EXPECT_EQ(w.condition("Stalled"), "True");
  EXPECT_NE(w.status().message.find("secret \"s\" not found"), std::string::npos);
  EXPECT_EQ(w.status().phase, "ResolvingData");
}

TEST(TrainingJobPlan, ABrokenSpecIsRefusedWithPathAndValue) {
  World w;
  w.seen.job.spec.workers = 2;
  const auto plan = w.settle();
  EXPECT_TRUE(plan.children.empty());
  EXPECT_EQ(w.status().phase, "Invalid");
  EXPECT_NE(w.status().message.find("workers"), std::string::npos);
}

TEST(TrainingJobPlan, ADeletedOneIsLeftAlone) {
  World w;
  w.seen.job.meta.deletion = kNow;
  EXPECT_EQ(plan(w.seen, {}), plan::Plan<Status>{});
}

TEST(Identity, OnlyWhatDeterminesTheModelIsInIt) {
  World w;
  Spec spec = w.seen.job.spec;
  const std::string hash = input_hash(spec, {});
  EXPECT_TRUE(hash.starts_with("h1:"));
  spec.retry.limit = 9;
  spec.train.resources.limits = {{"memory", "1Gi"}};
  spec.deadlines.run = hours(1);
  EXPECT_EQ(input_hash(spec, {}), hash);
  EXPECT_EQ(asked_hash(spec), asked_hash(w.seen.job.spec));
  spec.train.env = {{.name = "LR", .value = "0.1"}};
  EXPECT_NE(input_hash(spec, {}), hash);
  EXPECT_NE(input_hash(w.seen.job.spec, {.data = {{.name = "train", .identity = "sha256:1"}}}), hash);
}

}  // namespace
}  // namespace millrace::training_job
