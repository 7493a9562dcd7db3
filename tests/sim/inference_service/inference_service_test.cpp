// InferenceServices under faults.
#include <gtest/gtest.h>

#include "support/sim/domain.h"

namespace millrace::sim::domain {
namespace {

using json::Object;
namespace r = kube::resources;

Object pinned(std::string version) { return {{"version", Object{{"policy", "Pinned"}, {"name", std::move(version)}}}}; }

// The model of churn-v2 cannot be loaded.
ContainerOutcome second_does_not_load(const json::Value& pod, const std::string& container) {
  const bool second = label(pod, "millrace.dev/model-version") == "churn-v2";
  return second && container == "model" ? exits(1, "ValueError: cannot load") : well(pod, container);
}

std::vector<Act> first_deploy() {
  return {claims(), make("version 1", model_version("churn-v1", 1)), make("a service", inference_service("churn", pinned("churn-v1")))};
}

std::vector<Act> with_second() {
  auto acts = first_deploy();
  acts.push_back(make("version 2", model_version("churn-v2", 2)));
  acts.push_back(edit("serve version 2", r::kInferenceService, "churn", pinned("churn-v2")));
  return acts;
}

TEST(InferenceService, DeploysTheFirstVersion) {
  Story s = story("first deploy", well, first_deploy());
  s.wipes = s.every = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kInferenceService, "churn", {"status", "phase"}), "Serving");
  EXPECT_EQ(at(verdict, r::kInferenceService, "churn", {"status", "stable", "version"}), "churn-v1");
}

TEST(InferenceService, DeploysOnceWhoeverLeads) {
  auto acts = first_deploy();
  auto spec = pinned("churn-v1");
  spec["rollout"] = Object{{"bake", "1m"}};  // over before leaders count as at rest
  acts.back() = make("a service", inference_service("churn", spec));
  Story s = story("first deploy, whoever leads", well, acts);
  s.leased = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kInferenceService, "churn", {"status", "stable", "version"}), "churn-v1");
}

TEST(InferenceService, PromotesACanary) {
  Story s = story("a canary is promoted", well, with_second());
  s.wipes = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kInferenceService, "churn", {"status", "phase"}), "Serving");
  EXPECT_EQ(at(verdict, r::kInferenceService, "churn", {"status", "stable", "version"}), "churn-v2");
}

TEST(InferenceService, RollsBackACanaryThatDoesNotLoad) {
  Story s = story("a canary is rolled back", second_does_not_load, with_second());
  s.wipes = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kInferenceService, "churn", {"status", "stable", "version"}), "churn-v1");
  EXPECT_EQ(at(verdict, r::kInferenceService, "churn", {"status", "result"}), "RolledBack");
}

TEST(InferenceService, SomebodyElsesServiceIsNotTouched) {
  const Object foreign{{"apiVersion", "v1"},
                       {"kind", "Service"},
                       {"metadata", Object{{"name", "churn-predict"}, {"namespace", "default"}}},
                       {"spec", Object{{"selector", Object{{"app", "database"}}}, {"ports", json::Array{Object{{"port", 5432}}}}}}};
  auto acts = first_deploy();
  acts.insert(acts.begin(), make("somebody's Service", foreign));
  Story s = story("the entry's name is taken", well, acts);
  s.foreign = {"/api/v1/namespaces/default/services/churn-predict"};
  s.refused_at_rest = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_NE(at(verdict, r::kInferenceService, "churn", {"status"}).find("NameTaken"), std::string::npos);
}

TEST(InferenceService, AnotherNameOfTheEntryLeavesNothingBehind) {
  auto acts = first_deploy();
  acts.push_back(edit("another name of the entry", r::kInferenceService, "churn",
                      {{"route", Object{{"serviceName", "front"}, {"provider", "Service"}}}}));
  Story s = story("the entry gets another name", well, acts);
  s.wipes = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kInferenceService, "churn", {"status", "url"}), "http://front.default.svc:8080/v2/models/churn");
  EXPECT_EQ(count(verdict, r::kService), 1U);
}

}  // namespace
}  // namespace millrace::sim::domain
