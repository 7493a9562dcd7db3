// A person's word about a version, under faults (D9).
#include <gtest/gtest.h>

#include "support/sim/domain.h"

namespace millrace::sim::domain {
namespace {

using json::Object;
namespace r = kube::resources;

std::vector<Act> trained() {
  return {claims(), make("a TrainingJob", training_job("churn", {{"version", Object{{"approval", "Manual"}}}}))};
}

TEST(Approval, AVersionWaitsForAPerson) {
  Story s = story("a version waits for a person", well, trained());
  s.wipes = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kModelVersion, "churn-v1", {"status", "phase"}), "AwaitingApproval");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "result"}), "AwaitingApproval");
}

TEST(Approval, APersonApproves) {
  auto acts = trained();
  const Object approval{{"decision", "Approved"}, {"by", "jane"}};
  acts.push_back(edit("approve", r::kModelVersion, "churn-v1", {{"approval", approval}}));
  const auto verdict = explore(story("a person approves", well, std::move(acts)), 0);
  EXPECT_EQ(verdict.wrong, std::vector<std::string>());
  EXPECT_EQ(at(verdict, r::kModelVersion, "churn-v1", {"status", "phase"}), "Ready");
  EXPECT_EQ(at(verdict, r::kTrainingJob, "churn", {"status", "result"}), "VersionReady");
}

}  // namespace
}  // namespace millrace::sim::domain
