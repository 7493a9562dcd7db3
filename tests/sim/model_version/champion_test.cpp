// Versions compared with what a service has in place, under faults (D24).
#include <gtest/gtest.h>

#include "support/sim/domain.h"

namespace millrace::sim::domain {
namespace {

using json::Array;
using json::Object;
namespace r = kube::resources;

Act version(std::int64_t number, const char* accuracy) {
  const std::string name = "churn-v" + std::to_string(number);
  Object out = model_version(name, number);
  Object spec = *out["spec"].object();
  spec["provenance"] = Object{{"trainingJob", "churn"}, {"run", number}};
  spec["metrics"] = Object{{"accuracy", accuracy}};
  spec["gates"] = Array{Object{{"metric", "accuracy"}, {"champion", Object{{"service", "churn"}, {"minDelta", "-0.01"}}}}};
  out["spec"] = std::move(spec);
  return make(name, std::move(out));
}

std::vector<Act> with_a_worse_one() {
  const Object quick{{"rollout", Object{{"strategy", "Recreate"}}}, {"replicas", 1}};
  return {claims(), version(1, "0.95"), make("a service", inference_service("churn", quick)), version(2, "0.90")};
}

TEST(Champion, AWorseVersionIsRejected) {
  Story s = story("a version is worse than the champion", well, with_a_worse_one());
  s.wipes = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kModelVersion, "churn-v2", {"status", "phase"}), "Rejected");
  EXPECT_EQ(at(verdict, r::kInferenceService, "churn", {"status", "stable", "version"}), "churn-v1");
}

// Long, so the undisturbed run alone.
TEST(Champion, ABetterOneTakesOver) {
  auto acts = with_a_worse_one();
  acts.push_back(version(3, "0.95"));
  const auto verdict = explore(story("a version is as good as the champion", well, std::move(acts)), 0);
  EXPECT_EQ(verdict.wrong, std::vector<std::string>());
  EXPECT_EQ(at(verdict, r::kInferenceService, "churn", {"status", "stable", "version"}), "churn-v3");
  const std::string gates = at(verdict, r::kModelVersion, "churn-v3", {"status", "gates"});
  EXPECT_NE(gates.find("churn-v1"), std::string::npos) << gates;
}

}  // namespace
}  // namespace millrace::sim::domain
