// Versions that are made known to MLflow: once, by one Job at a time, without anybody waiting for it (D40).
#include "model_version/registry.h"

#include <gtest/gtest.h>

#include "unit/model_version/world.h"

namespace millrace::model_version {
namespace {

Observed registered() {
  Observed out = by_run("0.95");
  Spec& spec = out.version.spec;
  spec.provenance->training_job_uid = "tj";
  spec.provenance->parameters = {{"max_iter", "5"}};
  spec.registry = Registry{.mlflow = {.uri = "http://mlflow:5000", .secret_name = "mlflow", .aliases = {"champion"}}};
  return out;
}

const kube::Condition& synced(const plan::Plan<Status>& plan) { return *kube::find(plan.status->conditions, "RegistrySynced"); }

json::Value task_of(const plan::Plan<Status>& plan) {
  const auto& container = plan.children.at(0).desired.at({"spec", "template", "spec", "containers"})->array()->at(0);
  for (const auto& e : *container.at({"env"})->array()) {
    if (e.text_at({"name"}) == "MILLRACE_TASK") return *json::parse(e.text_at({"value"}));
  }
  return {};
}

void end_job(Observed& seen, const plan::Plan<Status>& plan, const char* how, int code, const std::string& message) {
  const plan::Child& child = plan.children.front();
  kube::Job job;
  job.meta = {.name = child.name, .ns = "shop", .uid = "j-" + child.name};
  job.meta.labels = {{std::string(shared::kRegisterLabel), child.desired.text_at({"metadata", "labels", shared::kRegisterLabel})}};
  job.status.conditions = {{.type = how, .status = "True", .last_transition = seen.now}};
  kube::Pod pod;
  pod.meta = {.name = job.meta.name, .ns = "shop", .uid = "p-" + child.name};
  pod.meta.owners = {{.kind = "Job", .name = job.meta.name, .uid = job.meta.uid, .controller = true}};
  pod.status.phase = code == 0 ? "Succeeded" : "Failed";
  kube::ContainerStatus status{.name = "register"};
  status.state.terminated =
      kube::ContainerTerminated{.exit_code = code, .reason = code ? "Error" : "Completed", .message = message, .finished_at = seen.now};
  pod.status.containers = {status};
  seen.jobs.push_back(job);
  seen.pods.push_back(std::make_shared<const kube::Pod>(pod));
  seen.version.status = *plan.status;
}

const char* const kUnreachable = R"({"v":1,"error":{"reason":"Unreachable","source":"","message":"mlflow does not answer"}})";

TEST(Registry, TheTaskSaysWhatIsKnown) {
  const auto plan = model_version::plan(registered(), {});
  EXPECT_EQ(plan.status->phase, "Ready") << "serving does not wait for it";
  const json::Value task = task_of(plan);
  EXPECT_EQ(task.text_at({"runId"}), "tj-1");
  EXPECT_EQ(task.text_at({"uid"}), "u1");
  EXPECT_EQ(task.text_at({"model"}), "churn");
  EXPECT_EQ(task.text_at({"experiment"}), "churn");
  EXPECT_EQ(task.text_at({"secret"}), "/millrace/secrets/mlflow");
  EXPECT_EQ(task.at({"metrics", "accuracy"})->number(), 0.95);
  EXPECT_EQ(task.text_at({"parameters", "max_iter"}), "5");
}

TEST(Registry, WhatIsNotReadyIsNotRegistered) {
  Observed seen = registered();
  seen.version.spec.metrics = {{"accuracy", "0.1"}};
  const auto plan = model_version::plan(seen, {});
  EXPECT_TRUE(plan.children.empty());
  EXPECT_EQ(synced(plan).status, "Unknown");
}

TEST(Registry, WhatItSaidIsKeptAndNothingIsDoneAgain) {
  Observed seen = registered();
  end_job(seen, model_version::plan(seen, {}), "Complete", 0, R"({"v":1,"mlflowRunId":"r9","version":"3","aliases":["champion"]})");
  auto plan = model_version::plan(seen, {});
  EXPECT_EQ(*plan.status->registry, (RegistryStatus{"r9", "3", {"champion"}}));
  EXPECT_EQ(synced(plan).status, "True");
  seen.version.status = *plan.status;
  seen.jobs.clear();
  plan = model_version::plan(seen, {});
  EXPECT_TRUE(plan.children.empty()) << "its Job is gone, what it did is not";
  EXPECT_EQ(*plan.status, seen.version.status);
}

TEST(Registry, AnOutageIsTriedAgainWithoutEnd) {
  Observed seen = registered();
  for (int tries = 1; tries < 30; ++tries) {
    auto plan = model_version::plan(seen, {});
    ASSERT_EQ(plan.children.size(), 1u) << tries;
    EXPECT_EQ(plan.children[0].name, "churn-v1-register-" + std::to_string(tries));
    end_job(seen, plan, "Failed", 20, kUnreachable);
    plan = model_version::plan(seen, {});
    EXPECT_EQ(plan.status->phase, "Ready");
    EXPECT_EQ(synced(plan).reason, "Unreachable");
    EXPECT_NE(synced(plan).message.find("does not answer"), std::string::npos) << synced(plan).message;
    EXPECT_EQ(plan.deletes.size(), seen.jobs.size() - 1) << "the newest try is kept for its log";
    ASSERT_TRUE(plan.wake);
    EXPECT_LE(*plan.wake, seen.now + minutes(15));
    seen.now = *plan.wake;
  }
}

TEST(Registry, OneAtATimeAndTheOthersSayWhatTheyWaitFor) {
  Observed seen = registered();
  seen.registering = "churn-v7-register-1";
  const auto plan = model_version::plan(seen, {});
  EXPECT_TRUE(plan.children.empty());
  EXPECT_EQ(synced(plan).reason, "RegistryBusy");
  EXPECT_NE(synced(plan).message.find("churn-v7-register-1"), std::string::npos);
}

TEST(Registry, ARefusedJobIsToldInTheServersWords) {
  Observed seen = registered();
  seen.refusals = {
      {.kind = &kube::resources::kJob, .name = "churn-v1-register-1", .code = 403, .message = "exceeded quota: pods=0", .at = kNow}};
  const auto plan = model_version::plan(seen, {});
  EXPECT_EQ(synced(plan).reason, "QuotaExceeded");
  EXPECT_EQ(plan.status->phase, "Ready");
}

}  // namespace
}  // namespace millrace::model_version
