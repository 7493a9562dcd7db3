// What the planner renders, byte for byte, beside files in tests/golden/training_job. MILLRACE_GOLDEN=write renews them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "training_job/children.h"
#include "unit/training_job/world.h"

namespace millrace::training_job {
namespace {

void expect_golden(const plan::Child& child, const std::string& name) {
  const std::string rendered = json::pretty(child.desired) + "\n";
  const std::string path = "tests/golden/training_job/" + name + ".json";
  const char* mode = std::getenv("MILLRACE_GOLDEN");
  if (mode != nullptr && std::string_view(mode) == "write") std::ofstream(path) << rendered;
  std::ifstream file(path);
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(rendered, golden.str()) << path;
}

TrainingJob whole() {
  TrainingJob out = World().seen.job;
  out.spec.data.push_back({.name = "holdout", .uri = "https://example.org/holdout.csv", .digest = kDigest, .secret_name = "data-read"});
  out.spec.data.push_back(
      {.name = "tables",
       .dvc = DvcSource{.repo = "https://git.example.org/churn.git", .rev = "main", .path = "data/tables", .secret_name = "git-read"}});
  out.spec.code = CodeSource{.repo = "https://git.example.org/churn.git", .rev = "main", .secret_name = "git-read"};
  out.spec.preprocess = shared::Step{.image = "example/preprocess:1", .command = {"python", "preprocess.py"}};
  out.spec.evaluate = shared::Step{.image = "example/evaluate:1", .command = {"python", "evaluate.py"}, .args = {"--strict"}};
  out.spec.train.env = {{"LEARNING_RATE", "0.1", {}}};
  out.spec.train.resources = {.requests = {{"cpu", "500m"}}, .limits = {{"memory", "1Gi"}}};
  out.spec.parameters = {{"max_iter", "500"}};
  out.spec.output.metrics = {"loss"};
  out.spec.checkpoint = Checkpoint{.pvc = {.claim_name = "checkpoints"}};
  return out;
}

Status pinned() {
  const std::string commit(40, 'c');
  return {.data = {{.name = "train", .uri = "pvc://data/train.csv", .identity = kDigest, .strength = "Strong", .size = 1000},
                   {.name = "holdout", .uri = "https://example.org/holdout.csv", .identity = kDigest, .strength = "Strong", .size = 24},
                   {.name = "tables",
                    .identity = "md5:" + std::string(32, 'd') + ".dir",
                    .repo = "https://git.example.org/churn.git",
                    .path = "data/tables",
                    .commit = commit,
                    .strength = "Strong",
                    .size = 4000}},
          .code = CodeStatus{.repo = "https://git.example.org/churn.git", .commit = commit},
          .run = {.number = 3, .input_hash = "h1:b", .requested = "again", .asked = "h1:a", .attempt = 2, .job = "churn-r3-a2"}};
}

TEST(Golden, AResolverJob) {
  expect_golden(
      resolver_job(whole(), {std::make_shared<const TrainingJob>(whole())}, {.number = 1, .job = "churn-resolve-1", .asked = "h1:a"}, {}),
      "resolver_job");
}

TEST(Golden, ARunJobWithAllItsContainers) { expect_golden(run_job(whole(), pinned(), {}), "run_job"); }

TEST(Golden, ARunJobWithAStoreInABucket) {
  TrainingJob job = World().seen.job;
  job.spec.output.store = {.uri = "s3://models/store", .secret_name = "models"};
  expect_golden(run_job(job, {.run = {.number = 1, .attempt = 1, .job = "churn-r1-a1"}}, {}), "run_job_bucket");
}

TEST(Golden, AJobThatPreparesOnce) {
  Status status = pinned();
  status.run.job = "churn-r3-a2-prepare";
  status.run.prepared.claim = "workspace";
  expect_golden(prepare_job(whole(), status, {}), "prepare_job");
}

TEST(Golden, ARunJobOfWhatIsPrepared) {
  Status status = pinned();
  status.run.prepared = {.attempt = 1, .claim = "workspace"};
  expect_golden(run_job(whole(), status, {}), "run_job_prepared");
}

TEST(Golden, AJobThatReadsAResultAgain) {
  TrainingJob job = whole();
  job.spec.output.store = {.uri = "s3://models/store", .secret_name = "models"};
  const RunStatus run{.number = 3, .attempt = 2, .recover = {.number = 1, .job = "churn-r3-a2-recover-1"}};
  expect_golden(recover_job(job, run, pin(job.spec, pinned()), {}), "recover_job");
}

// The kubelet would make "a" and a service's address of these.
TEST(Environment, WhatAPersonWroteArrivesAsItIs) {
  TrainingJob job = whole();
  job.spec.parameters = {{"pattern", "^a$$ $(KUBERNETES_SERVICE_HOST)"}};
  const std::string text = json::dump(run_job(job, {.run = {.number = 1, .job = "churn-r1-a1"}}, {}).desired);
  EXPECT_NE(text.find(R"x({"name":"MILLRACE_PARAM_PATTERN","value":"^a$$$$ $$(KUBERNETES_SERVICE_HOST)"})x"), std::string::npos) << text;
  EXPECT_NE(text.find(R"x(\"pattern\":\"^a$$$$ $$(KUBERNETES_SERVICE_HOST)\")x"), std::string::npos) << text;
}

TEST(Golden, AModelVersion) {
  const RunStatus run{
      .number = 3, .input_hash = "h1:b", .asked = "h1:a", .version = 7, .digest = kDigest, .size = 99, .metrics = {{"accuracy", "0.95"}}};
  expect_golden(version_child(whole(), run, pin(whole().spec, pinned())), "model_version");
}

}  // namespace
}  // namespace millrace::training_job
