// A run that failed, or whose version was rejected, is told to MLflow by a Job that nothing waits for.
#include <gtest/gtest.h>

#include "training_job/plan.h"
#include "unit/training_job/world.h"

namespace millrace::training_job {
namespace {

World failed(bool tracks = true) {
  World w;
  if (tracks) w.seen.job.spec.tracking.mlflow = MlflowTracking{.uri = "http://mlflow:5000", .secret_name = "mlflow"};
  w.seen.job.spec.retry.limit = 0;
  w.seen.job.spec.parameters = {{"max_iter", "500"}};
  w.until_it_trains();
  w.fails("churn-r1-a1", "train", 1, R"({"v":1,"exitCode":1,"signal":0,"outOfMemory":false,"stderr":"no column age"})");
  w.settle();
  return w;
}

bool has_job(const World& w, const std::string& name) {
  return std::any_of(w.seen.jobs.begin(), w.seen.jobs.end(), [&](const auto& j) { return j->meta.name == name; });
}

json::Value task_of(const plan::Plan<Status>& plan) {
  const json::Value& container = plan.children.at(0).desired.at({"spec", "template", "spec", "containers"})->array()->at(0);
  return json::parse(container.at({"env"})->array()->at(0).text_at({"value"})).value();
}

TEST(Recording, AFailedRunIsToldWithWhatItWasMadeOf) {
  World w = failed();
  EXPECT_EQ(w.status().result, "Failed") << "nobody waits for MLflow";
  ASSERT_TRUE(has_job(w, "churn-r1-record"));
  std::erase_if(w.seen.jobs, [](const auto& j) { return j->meta.name == "churn-r1-record"; });
  const json::Value task = task_of(plan(w.seen, {}));
  EXPECT_EQ(task.text_at({"status"}), "FAILED");
  EXPECT_EQ(task.text_at({"runId"}), "tj-1");
  EXPECT_EQ(task.text_at({"experiment"}), "churn");
  EXPECT_EQ(task.text_at({"parameters", "max_iter"}), "500");
  EXPECT_EQ(task.text_at({"tags", "millrace.dev/data.train"}), "sha256:1");
  EXPECT_NE(task.text_at({"tags", "mlflow.note.content"}).find("no column age"), std::string::npos);
}

TEST(Recording, ARunOfARejectedVersionIsToldWithItsMetrics) {
  World w;
  w.seen.job.spec.tracking.mlflow = MlflowTracking{.uri = "http://mlflow:5000"};
  w.until_it_trains();
  w.publishes("churn-r1-a1", "0.85");
  w.settle();
  w.judge_version("churn-v1", "Rejected");
  w.settle();
  EXPECT_EQ(w.status().result, "VersionRejected");
  ASSERT_TRUE(has_job(w, "churn-r1-record"));
  std::erase_if(w.seen.jobs, [](const auto& j) { return j->meta.name == "churn-r1-record"; });
  const json::Value task = task_of(plan(w.seen, {}));
  EXPECT_EQ(task.text_at({"status"}), "FINISHED");
  EXPECT_EQ(task.at({"metrics", "accuracy"})->number(), 0.85);
}

TEST(Recording, AReadyVersionTellsForItself) {
  World w;
  w.seen.job.spec.tracking.mlflow = MlflowTracking{.uri = "http://mlflow:5000"};
  w.until_it_is_done();
  EXPECT_FALSE(has_job(w, "churn-r1-record"));
}

TEST(Recording, ItsIdIsKeptAndTheJobIsNotMadeAgain) {
  World w = failed();
  w.tells("churn-r1-record", "record", R"({"v":1,"mlflowRunId":"abc"})");
  w.settle();
  EXPECT_EQ(w.status().run.mlflow_run_id, "abc");
  std::erase_if(w.seen.jobs, [](const auto& j) { return j->meta.name == "churn-r1-record"; });
  w.settle();
  EXPECT_FALSE(has_job(w, "churn-r1-record"));
}

TEST(Recording, TheNextRunLeavesItsJobAlone) {
  World w = failed();
  w.seen.job.spec.run = "again";
  w.edit();
  w.settle();
  w.resolver_finds("churn-resolve-2", "sha256:1");
  w.settle();
  EXPECT_EQ(w.status().run.number, 2);
  EXPECT_TRUE(has_job(w, "churn-r1-record"));
}

TEST(Recording, NothingIsToldWithoutARegistry) {
  World w = failed(false);
  EXPECT_FALSE(has_job(w, "churn-r1-record"));
}

TEST(Recording, ARefusedJobChangesNoVerdict) {
  World w = failed();
  std::erase_if(w.seen.jobs, [](const auto& j) { return j->meta.name == "churn-r1-record"; });
  w.seen.refusals = {{.verb = plan::Refusal::Verb::Create,
                      .kind = &kube::resources::kJob,
                      .name = "churn-r1-record",
                      .code = 403,
                      .reason = "Forbidden",
                      .message = "exceeded quota",
                      .at = w.seen.now}};
  const auto plan = training_job::plan(w.seen, {});
  EXPECT_EQ(plan.status->result, "Failed");
  EXPECT_TRUE(kube::is_true(plan.status->conditions, "Settled"));
  ASSERT_TRUE(plan.wake);
  EXPECT_EQ(*plan.wake, plan::retry_at(w.seen.refusals.front()));
}

TEST(Recording, ARunThatWasGivenUpIsToldWithWhatItPromised) {
  World w;
  w.seen.job.spec.tracking.mlflow = MlflowTracking{.uri = "http://mlflow:5000"};
  w.seen.job.spec.parameters = {{"max_iter", "500"}};
  w.until_it_trains();
  w.fails("churn-r1-a1", "train", 1);
  w.settle();
  w.seen.job.spec.parameters = {{"max_iter", "900"}};
  w.edit();
  const auto first = w.step();
  ASSERT_TRUE(has_job(w, "churn-r1-record"));
  std::erase_if(w.seen.jobs, [](const auto& j) { return j->meta.name == "churn-r1-record"; });
  const auto again = plan(w.seen, {});
  const auto made = std::find_if(again.children.begin(), again.children.end(), [](const auto& c) { return c.name == "churn-r1-record"; });
  ASSERT_NE(made, again.children.end()) << "not in the pass of the end alone";
  EXPECT_NE(json::dump(made->desired).find(R"(\"max_iter\":\"500\")"), std::string::npos);
}

TEST(Recording, IsPlannedOnce) {
  World w;
  w.seen.job.spec.tracking.mlflow = MlflowTracking{.uri = "http://mlflow:5000"};
  w.seen.job.spec.retry.limit = 0;
  w.until_it_trains();
  w.fails("churn-r1-a1", "train", 1);
  const auto plan = w.step();
  EXPECT_EQ(std::count_if(plan.children.begin(), plan.children.end(), [](const auto& c) { return c.name == "churn-r1-record"; }), 1);
}

}  // namespace
}  // namespace millrace::training_job
