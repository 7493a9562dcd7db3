// ModelVersions under faults.
#include <gtest/gtest.h>

#include "support/sim/domain.h"

namespace millrace::sim::domain {
namespace {

namespace r = kube::resources;

ContainerOutcome other_bytes(const json::Value& pod, const std::string& container) {
  if (container != "verify") return well(pod, container);
  return exits(10, R"({"v":1,"error":{"reason":"DigestMismatch","source":"","message":"the bytes are not sha256:aa"}})");
}

TEST(ModelVersion, AHandMadeOneIsVerified) {
  Story s = story("a version made by hand is verified", well, {claims(), make("a version", model_version("churn-v1", 1))});
  s.wipes = s.every = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kModelVersion, "churn-v1", {"status", "phase"}), "Ready");
  EXPECT_EQ(at(verdict, r::kModelVersion, "churn-v1", {"status", "origin"}), "Manual");
}

TEST(ModelVersion, IsVerifiedOnceWhoeverLeads) {
  Story s = story("a version is verified, whoever leads", well, {claims(), make("a version", model_version("churn-v1", 1))});
  s.leased = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kModelVersion, "churn-v1", {"status", "phase"}), "Ready");
}

TEST(ModelVersion, OtherBytesAreRejected) {
  Story s = story("the bytes of a version are others", other_bytes, {claims(), make("a version", model_version("churn-v1", 1))});
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kModelVersion, "churn-v1", {"status", "phase"}), "Rejected");
}

}  // namespace
}  // namespace millrace::sim::domain
