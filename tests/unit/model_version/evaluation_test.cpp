// Versions that a Job measures, beside their champion, before their gates are judged.
#include "model_version/evaluation.h"

#include <gtest/gtest.h>

#include "model_version/children.h"
#include "unit/model_version/world.h"

namespace millrace::model_version {
namespace {

Observed evaluated() {
  Observed out = by_run("0.10");
  Spec& spec = out.version.spec;
  spec.provenance->data = {{.name = "holdout", .uri = "pvc://data/holdout.csv", .identity = kDigest, .strength = "Strong"}};
  spec.evaluation =
      Evaluation{.step = {.image = "example.org/measure:1", .command = {"python", "measure.py"}}, .data = {{.name = "holdout"}}};
  return out;
}

void add_champion(Observed& seen, const std::string& name) {
  seen.version.spec.gates.push_back({.metric = "accuracy", .champion = ChampionGate{.service = "web"}});
  ServiceFact web{.name = "web", .follows = true};
  web.rival = Rival{.who = {.service = "web", .version = name, .digest = "sha256:" + name},
                    .artifact = {.uri = "pvc://models/" + name, .digest = "sha256:" + name, .format = "sklearn"}};
  seen.services = {web};
}

// The Job of the plan, as it stands when its pod has ended.
void end_job(Observed& seen, const plan::Plan<Status>& plan, const char* how, const std::string& container, int code,
             const std::string& message) {
  const plan::Child& child = plan.children.front();
  kube::Job job;
  job.meta = {.name = child.name, .ns = "shop", .uid = "j-" + child.name};
  job.meta.labels = {{std::string(shared::kEvaluateLabel), child.desired.text_at({"metadata", "labels", shared::kEvaluateLabel})}};
  job.meta.annotations = {{std::string(kChampionAnnotation), child.desired.text_at({"metadata", "annotations", kChampionAnnotation})}};
  job.meta.owners = {{.kind = "ModelVersion", .name = "churn-v1", .uid = seen.version.meta.uid, .controller = true}};
  job.status.conditions = {{.type = how, .status = "True", .last_transition = seen.now}};
  kube::Pod pod;
  pod.meta = {.name = job.meta.name, .ns = "shop", .uid = "p-" + child.name};
  pod.meta.owners = {{.kind = "Job", .name = job.meta.name, .uid = job.meta.uid, .controller = true}};
  pod.status.phase = code == 0 ? "Succeeded" : "Failed";
  kube::ContainerStatus status{.name = container};
  status.state.terminated =
      kube::ContainerTerminated{.exit_code = code, .reason = code ? "Error" : "Completed", .message = message, .finished_at = seen.now};
  pod.status.containers = {status};
  seen.jobs.push_back(job);
  seen.pods.push_back(std::make_shared<const kube::Pod>(pod));
  seen.version.status = *plan.status;
}

std::vector<std::string> containers(const plan::Plan<Status>& plan, std::string_view list) {
  std::vector<std::string> out;
  for (const auto& c : *plan.children.at(0).desired.at({"spec", "template", "spec", list})->array()) out.push_back(c.text_at({"name"}));
  return out;
}

TEST(Evaluation, WithoutAChampionItIsMeasuredAlone) {
  Observed seen = evaluated();
  auto plan = model_version::plan(seen, {});
  EXPECT_EQ(plan.status->phase, "Evaluating");
  EXPECT_EQ(containers(plan, "initContainers"), (std::vector<std::string>{"tools", "fetch", "fetch-challenger"}));
  EXPECT_EQ(containers(plan, "containers"), (std::vector<std::string>{"challenger", "measure"}));
  end_job(seen, plan, "Complete", "measure", 0, R"({"v":1,"challenger":{"accuracy":"0.93"}})");
  plan = model_version::plan(seen, {});
  EXPECT_EQ(plan.status->phase, "Ready") << "0.10 is what the run said";
  EXPECT_EQ(plan.status->gates.at(0).value, "0.93");
  EXPECT_EQ(plan.status->score, "accuracy 0.93");
}

TEST(Evaluation, TheChampionIsMeasuredOnTheSameData) {
  Observed seen = evaluated();
  add_champion(seen, "churn-v6");
  auto plan = model_version::plan(seen, {});
  EXPECT_EQ(containers(plan, "initContainers"), (std::vector<std::string>{"tools", "fetch", "fetch-challenger", "fetch-champion"}));
  EXPECT_EQ(containers(plan, "containers"), (std::vector<std::string>{"challenger", "champion", "measure"}));
  end_job(seen, plan, "Complete", "measure", 0, R"({"v":1,"challenger":{"accuracy":"0.93"},"champion":{"accuracy":"0.94"}})");
  plan = model_version::plan(seen, {});
  EXPECT_EQ(plan.status->phase, "Rejected");
  EXPECT_EQ(plan.status->gates.at(1).champion->value, "0.94");
}

TEST(Evaluation, AnotherChampionIsMeasuredOnce) {
  Observed seen = evaluated();
  add_champion(seen, "churn-v6");
  const std::string good = R"({"v":1,"challenger":{"accuracy":"0.93"},"champion":{"accuracy":"0.92"}})";
  end_job(seen, model_version::plan(seen, {}), "Complete", "measure", 0, good);
  seen.version.status = *model_version::plan(seen, {}).status;
  ASSERT_EQ(seen.version.status.phase, "Ready");
  seen.services[0].rival->who = {.service = "web", .version = "churn-v7", .digest = "sha256:7"};
  auto plan = model_version::plan(seen, {});
  EXPECT_EQ(plan.status->phase, "Evaluating");
  EXPECT_EQ(plan.children.at(0).name, "churn-v1-evaluate-2");
  end_job(seen, plan, "Complete", "measure", 0, good);
  seen.version.status = *model_version::plan(seen, {}).status;
  EXPECT_EQ(seen.version.status.phase, "Ready");
  EXPECT_EQ(seen.version.status.measured.size(), 2u);
  seen.services[0].rival->who = {.service = "web", .version = "churn-v6", .digest = "sha256:churn-v6"};
  EXPECT_EQ(model_version::plan(seen, {}).status->phase, "Ready") << "that one is measured";
}

TEST(Evaluation, OfAVersionMadeByHandItCounts) {
  Observed seen = evaluated();
  seen.version.spec.provenance.reset();
  seen.version.spec.evaluation->data = {{.name = "holdout", .uri = "https://example.org/holdout.csv", .digest = kDigest}};
  seen.version.status.conditions = {{.type = "Verified", .status = "True", .reason = "Verified"}};
  end_job(seen, model_version::plan(seen, {}), "Complete", "measure", 0, R"({"v":1,"challenger":{"accuracy":"0.93"}})");
  seen.version.status.conditions = {{.type = "Verified", .status = "True", .reason = "Verified"}};
  EXPECT_EQ(model_version::plan(seen, {}).status->phase, "Ready");
}

TEST(Evaluation, ItsOwnFailureRejectsItWithTheSentence) {
  Observed seen = evaluated();
  end_job(seen, model_version::plan(seen, {}), "Failed", "challenger", 1,
          R"({"v":1,"exitCode":1,"signal":0,"outOfMemory":false,"stderr":"ValueError: 7 columns"})");
  const auto plan = model_version::plan(seen, {});
  EXPECT_EQ(plan.status->phase, "Rejected");
  EXPECT_NE(plan.status->message.find("7 columns"), std::string::npos) << plan.status->message;
}

TEST(Evaluation, WhatAilsTheChampionOrThePlaceIsTriedAgain) {
  const char* const unreachable = R"({"v":1,"error":{"reason":"Unreachable","source":"holdout","message":"no answer"}})";
  for (const auto& [container, code, message] : {std::tuple{"champion", 1, ""}, std::tuple{"fetch", 20, unreachable}}) {
    Observed seen = evaluated();
    add_champion(seen, "churn-v6");
    end_job(seen, model_version::plan(seen, {}), "Failed", container, code, message);
    auto plan = model_version::plan(seen, {});
    EXPECT_EQ(plan.status->phase, "Evaluating") << container;
    ASSERT_TRUE(plan.wake);
    seen.now = *plan.wake;
    plan = model_version::plan(seen, {});
    ASSERT_EQ(plan.children.size(), 1u);
    EXPECT_EQ(plan.children[0].name, "churn-v1-evaluate-2");
  }
}

TEST(Evaluation, LostNumbersAreMeasuredAgain) {
  Observed seen = evaluated();
  end_job(seen, model_version::plan(seen, {}), "Complete", "measure", 0, "");
  const auto plan = model_version::plan(seen, {});
  EXPECT_EQ(plan.status->phase, "Evaluating");
  EXPECT_EQ(plan.wake, seen.now + minutes(1));
}

TEST(Evaluation, WhatWasMeasuredOutlivesStatusAndJob) {
  Observed seen = evaluated();
  end_job(seen, model_version::plan(seen, {}), "Complete", "measure", 0, R"({"v":1,"challenger":{"accuracy":"0.93"}})");
  const auto plan = model_version::plan(seen, {});
  ASSERT_EQ(plan.children.size(), 1u);
  for (const auto& [name, value] : plan.children[0].own_annotations) seen.version.meta.annotations[name] = value;
  seen.version.status = {};
  seen.jobs.clear();
  EXPECT_EQ(model_version::plan(seen, {}).status->phase, "Ready");
}

json::Value fetched(const Observed& seen) {
  const auto plan = model_version::plan(seen, {});
  const auto& init = *plan.children.at(0).desired.at({"spec", "template", "spec", "initContainers"})->array();
  std::string task;
  for (const auto& e : *init.at(1).at({"env"})->array()) {
    if (e.text_at({"name"}) == "MILLRACE_TASK") task = e.text_at({"value"});
  }
  return json::parse(task)->at({"sources"})->array()->at(0);
}

TEST(Evaluation, DataOfTheRunIsFetchedAsItWasPinned) {
  const auto source = fetched(evaluated());
  EXPECT_EQ(source.text_at({"identity"}), kDigest);
  EXPECT_EQ(source.text_at({"path"}), "/millrace/claims/data/holdout.csv");
}

TEST(Evaluation, DataOfDvcComesFromItsCommitAndRemote) {
  Observed seen = evaluated();
  seen.version.spec.provenance->data = {{.name = "holdout",
                                         .repo = "https://git.example.org/churn.git",
                                         .path = "holdout.csv",
                                         .remote = "storage",
                                         .commit = std::string(40, 'c'),
                                         .identity = "md5:1",
                                         .strength = "Strong"}};
  const auto source = fetched(seen);
  EXPECT_EQ(source.text_at({"dvc", "rev"}), std::string(40, 'c'));
  EXPECT_EQ(source.text_at({"dvc", "remote"}), "storage");
}

}  // namespace
}  // namespace millrace::model_version
