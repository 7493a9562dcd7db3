// TrainingJobs under faults.
#include <gtest/gtest.h>

#include "kinds.h"
#include "support/sim/domain.h"
#include "training_job/progress.h"

namespace millrace::sim::domain {
namespace {

using json::Array;
using json::Object;
namespace r = kube::resources;

ContainerOutcome first_attempt_fails(const json::Value& pod, const std::string& container) {
  const bool first = label(pod, "millrace.dev/attempt") == "1";
  return first && container == "train" ? step_failed(1, "ValueError: bad luck") : well(pod, container);
}

ContainerOutcome always_fails(const json::Value& pod, const std::string& container) {
  return container == "train" ? step_failed(1, "ValueError: bad code") : well(pod, container);
}

ContainerOutcome weak_model(const json::Value& pod, const std::string& container) {
  return container == "publish" ? published(pod, "0.8000") : well(pod, container);
}

const Object kGate{{"version", Object{{"gates", Array{Object{{"metric", "accuracy"}, {"min", "0.90"}}}}}}};

TEST(TrainingJob, TrainsAndRegistersAVersion) {
  Story s = story("train succeeds", well, {claims(), make("a TrainingJob", training_job("churn"))});
  s.wipes = s.every = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "phase"}), "Succeeded");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "modelVersion"}), "churn-v1");
  EXPECT_EQ(at(verdict, r::kModelVersion, "churn-v1", {"status", "phase"}), "Ready");
}

TEST(TrainingJob, TrainsOnceWhoeverLeads) {
  Story s = story("train succeeds, whoever leads", well, {claims(), make("a TrainingJob", training_job("churn"))});
  s.leased = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "modelVersion"}), "churn-v1");
}

TEST(TrainingJob, TrainsAgainWhenParametersChange) {
  Story s = story("train twice", well,
                  {claims(), make("a TrainingJob", training_job("churn")),
                   edit("other parameters", r::kTrainingJob, "churn", {{"parameters", Object{{"max_iter", "500"}}}})});
  s.wipes = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "modelVersion"}), "churn-v2");
  EXPECT_EQ(count(verdict, r::kModelVersion), 2U);
}

TEST(TrainingJob, RetriesAFailedAttempt) {
  const Story s = story("train fails once", first_attempt_fails, {claims(), make("a TrainingJob", training_job("churn"))});
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "phase"}), "Succeeded");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "run", "attempt"}), "2");
}

TEST(TrainingJob, PreparesOnceForAllAttempts) {
  const Object once{{"prepare", "Once"}, {"workspace", Object{{"claimName", "data"}}}};
  Story s = story("prepare once", first_attempt_fails, {claims(), make("a TrainingJob", training_job("churn", once))});
  s.wipes = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "phase"}), "Succeeded");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "run", "attempt"}), "2");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "run", "prepared", "attempt"}), "1");
}

TEST(TrainingJob, FailsAtTheLimit) {
  const Story s = story("train fails for good", always_fails,
                        {claims(), make("a TrainingJob", training_job("churn", {{"retry", Object{{"limit", 1}}}}))});
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "phase"}), "Failed");
  EXPECT_EQ(count(verdict, r::kModelVersion), 0U);
}

// A commit of the second day changes the data.
ContainerOutcome data_moves(const json::Value& pod, const std::string& container) {
  if (container != "resolve") return well(pod, container);
  const bool first_day = pod.text_at({"metadata", "creationTimestamp"}).starts_with("2026-01-01");
  return resolved_as(pod, first_day ? "md5:1" : "md5:2");
}

TEST(TrainingJob, AFailureIsRecordedOnce) {
  const Object mlflow{{"mlflow", Object{{"uri", "http://mlflow:5000"}}}};
  Story s = story("a failure is recorded", always_fails,
                  {claims(), make("a TrainingJob", training_job("churn", {{"retry", Object{{"limit", 0}}}, {"tracking", mlflow}})),
                   edit("other parameters", r::kTrainingJob, "churn", {{"parameters", Object{{"max_iter", "500"}}}})});
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "run", "mlflowRunId"}), "r1");
  EXPECT_EQ(at(verdict, r::kJob, "churn-r1-record", {"status", "succeeded"}), "1");
  EXPECT_EQ(at(verdict, r::kJob, "churn-r2-record", {"status", "succeeded"}), "1");
}

TEST(TrainingJob, TrainsAgainOnNewDataByItself) {
  const Object dvc{{"repo", "https://git.example.org/churn.git"}, {"path", "train.csv"}};
  const Object polled{{"data", Array{Object{{"name", "train"}, {"dvc", dvc}, {"pollInterval", "24h"}}}},
                      {"triggers", Object{{"newData", true}}}};
  Story s = story("new data", data_moves,
                  {claims(), make("a TrainingJob", training_job("churn", polled)), wait("a commit of new rows", std::chrono::hours(27))});
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "modelVersion"}), "churn-v2");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "run", "trigger"}), "NewData");
  EXPECT_EQ(count(verdict, r::kModelVersion), 2U);
}

// The first attempt trains until it is told to end.
ContainerOutcome first_attempt_lasts(const json::Value& pod, const std::string& container) {
  const bool first = label(pod, "millrace.dev/attempt") == "1";
  return first && container == "train" ? runs() : well(pod, container);
}

TEST(TrainingJob, IsSuspendedAndGoesOn) {
  const Story s =
      story("suspend", first_attempt_lasts,
            {claims(), make("a TrainingJob", training_job("churn")), edit("suspend", r::kTrainingJob, "churn", {{"suspend", true}}),
             edit("resume", r::kTrainingJob, "churn", {{"suspend", false}})});
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "phase"}), "Succeeded");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "run", "attempt"}), "2");
  EXPECT_EQ(count(verdict, r::kModelVersion), 1U);
}

// It needs 2Gi.
ContainerOutcome is_hungry(const json::Value& pod, const std::string& container) {
  if (container != "train") return well(pod, container);
  const auto& containers = *pod.at({"spec", "containers"})->array();
  const std::string memory = containers.front().text_at({"resources", "limits", "memory"});
  if (memory == "2Gi" || memory == "2048Mi") return well(pod, container);  // the API server may write the same quantity otherwise
  return exits(137, R"({"v":1,"exitCode":137,"signal":9,"outOfMemory":true,"stderr":""})");
}

TEST(TrainingJob, GetsMoreMemoryUntilItIsEnough) {
  const Object train{{"image", "example.org/train:1"},
                     {"command", Array{"python", "train.py"}},
                     {"resources", Object{{"limits", Object{{"memory", "512Mi"}}}}}};
  const Object retry{{"outOfMemory", Object{{"factor", "2"}, {"limit", "8Gi"}}}};
  Story s =
      story("out of memory", is_hungry, {claims(), make("a TrainingJob", training_job("churn", {{"train", train}, {"retry", retry}}))});
  s.wipes = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "phase"}), "Succeeded");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "run", "attempt"}), "3");
}

TEST(TrainingJob, KeepsSoManyVersionsAndJobs) {
  const Object one{{"versions", 1}, {"succeeded", 1}};
  Story s = story("history", well,
                  {claims(), make("a TrainingJob", training_job("churn", {{"history", one}})),
                   edit("other parameters", r::kTrainingJob, "churn", {{"parameters", Object{{"max_iter", "500"}}}})});
  s.wipes = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "modelVersion"}), "churn-v2");
  EXPECT_EQ(count(verdict, r::kModelVersion), 1U);
}

TEST(TrainingJob, GoesBackToWhatItHasTrainedBefore) {
  const Object train{{"image", "example.org/train@sha256:" + std::string(64, 'a')}, {"command", Array{"python", "train.py"}}};
  const auto iterations = [](const char* n) { return Object{{"parameters", Object{{"max_iter", n}}}}; };
  Story s = story("cache", well,
                  {claims(), make("a TrainingJob", training_job("churn", {{"train", train}, {"parameters", Object{{"max_iter", "1"}}}})),
                   edit("other parameters", r::kTrainingJob, "churn", iterations("2")),
                   edit("the former parameters", r::kTrainingJob, "churn", iterations("1"))});
  s.wipes = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "result"}), "CacheHit");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "modelVersion"}), "churn-v1");
  EXPECT_EQ(count(verdict, r::kModelVersion), 2U);
}

// What publish says is cut off.
ContainerOutcome mumbles(const json::Value& pod, const std::string& container) {
  return container == "publish" ? exits(0, R"({"v":1,"dig)") : well(pod, container);
}

TEST(TrainingJob, ReadsALostResultAgain) {
  Story s = story("recover", mumbles, {claims(), make("a TrainingJob", training_job("churn"))});
  s.wipes = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "run", "attempt"}), "1");
  EXPECT_EQ(at(verdict, r::kModelVersion, "churn-v1", {"status", "phase"}), "Ready");
}

TEST(TrainingJob, AGateRejectsTheVersion) {
  Story s = story("the gate rejects", weak_model, {claims(), make("a TrainingJob", training_job("churn", kGate))});
  s.wipes = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kModelVersion, "churn-v1", {"status", "phase"}), "Rejected");
}

// The operator listens to reports.
Story heard(std::string name, Script script, std::vector<Act> acts) {
  static const auto owned = make_controllers({.reports = shared::Reports{.at = "10.96.0.7:443", .name = "r.m.svc", .ca = "PEM"}});
  Story out = story(std::move(name), std::move(script), std::move(acts));
  out.controllers.clear();
  for (const auto& c : owned) out.controllers.push_back(c.get());
  return out;
}

Act happens(std::string what, std::function<void(Sim&)> event) { return {.what = std::move(what), .happens = std::move(event)}; }

json::Value run_of(Sim& sim) {
  const auto job = json::parse(sim.server.handle({.path = kube::object_path(r::kTrainingJob, "default", "churn")}, sim.now()).body);
  return *job->at({"status", "run"});
}

void tell(Sim& sim, std::int64_t done) {
  sim.tell(r::kTrainingJob, {"default", "churn"}, training_job::told({.done = done, .total = 10}, 1, 1));
}

TEST(Progress, IsShownAndStaysWhenTheOperatorStartsAgain) {
  json::Value before;
  const auto first = [](Sim& sim) { tell(sim, 3); };
  const auto again = [&](Sim& sim) {
    EXPECT_EQ(run_of(sim).text_at({"progress", "percent"}), "30%");
    EXPECT_EQ(run_of(sim).at({"eta"}), nullptr);
    sim.let_pass(std::chrono::minutes(7));
    tell(sim, 4);
  };
  const auto killed = [&](Sim& sim) {
    before = run_of(sim);
    EXPECT_EQ(before.text_at({"progress", "percent"}), "40%");
    EXPECT_NE(before.text_at({"eta"}), "");
    sim.restart();
  };
  const auto same = [&](Sim& sim) { EXPECT_EQ(run_of(sim), before) << json::dump(run_of(sim)); };
  const Story s = heard(
      "progress", first_attempt_lasts,
      {claims(), make("a TrainingJob", training_job("churn")), happens("a report", first), happens("another", again),
       happens("the operator is killed", killed), happens("it has started", same), happens("a report of another object", [](Sim& sim) {
         sim.tell(r::kTrainingJob, {"default", "absent"}, {});
       })});
  const auto verdict = explore(s, 0);
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "run", "progress", "done"}), "4");
}

TEST(Progress, AnAttemptThatTellsNothingEnds) {
  const Object stall{{"deadlines", Object{{"stall", "15m"}}}};
  const Story s = heard("stall", first_attempt_lasts, {claims(), make("a TrainingJob", training_job("churn", stall))});
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "phase"}), "Succeeded");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "run", "attempt"}), "2");
  EXPECT_NE(at(verdict, r::kTrainingJob, "churn", {"status", "attempts"}).find("\"reason\":\"Stalled\""), std::string::npos);
}

}  // namespace
}  // namespace millrace::sim::domain
