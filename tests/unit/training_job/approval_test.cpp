// A run whose version waits for a person.
#include <gtest/gtest.h>

#include "unit/training_job/world.h"

namespace millrace::training_job {
namespace {

World awaiting() {
  World w;
  w.until_it_is_done();
  return w;
}

TEST(TrainingJobApproval, ItSettlesAndHearsTheDecision) {
  World w;
  w.seen.job.spec.version.approval = model_version::ApprovalPolicy::Manual;
  w.until_it_trains();
  w.publishes(w.status().run.job);
  w.settle();
  ASSERT_EQ(w.seen.versions.size(), 1u);
  EXPECT_EQ(w.seen.versions[0]->spec.approval.policy, model_version::ApprovalPolicy::Manual);
  const std::string name = w.seen.versions[0]->meta.name;
  w.judge_version(name, "AwaitingApproval");
  w.settle();
  EXPECT_EQ(w.status().result, "AwaitingApproval");
  EXPECT_EQ(w.status().settled.version, name);
  EXPECT_EQ(w.condition("Ready"), "True");
  World other = w;
  w.judge_version(name, "Ready");
  w.settle();
  EXPECT_EQ(w.status().result, "VersionReady");
  other.judge_version(name, "Rejected");
  other.settle();
  EXPECT_EQ(other.status().result, "VersionRejected");
}

TEST(TrainingJobApproval, ADecisionOnceHeardStands) {
  World w = awaiting();
  ASSERT_EQ(w.status().result, "VersionReady");
  w.judge_version(w.status().model_version, "Quarantined");
  w.settle();
  EXPECT_EQ(w.status().result, "VersionReady") << "the run is over";
}

}  // namespace
}  // namespace millrace::training_job
