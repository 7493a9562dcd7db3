// Versions that Jobs measure and make known, under faults.
#include <gtest/gtest.h>

#include "support/sim/domain.h"

namespace millrace::sim::domain {
namespace {

using json::Array;
using json::Object;
namespace r = kube::resources;

Act version(Object more) {
  Object out = model_version("churn-v1", 1);
  Object spec = *out["spec"].object();
  spec["provenance"] = Object{
      {"trainingJob", "churn"}, {"run", 1}, {"data", Array{Object{{"name", "train"}, {"uri", "pvc://data/a"}, {"identity", "sha256:1"}}}}};
  spec["gates"] = Array{Object{{"metric", "accuracy"}, {"min", "0.90"}}};
  spec["metrics"] = Object{{"accuracy", "0.95"}};
  for (auto& [name, value] : more.members()) spec[name] = std::move(value);
  out["spec"] = std::move(spec);
  return make("a version", std::move(out));
}

Act evaluated() {
  const Object step{{"image", "example.org/measure:1"}, {"command", Array{"python", "measure.py"}}};
  return version({{"evaluation", Object{{"step", step}, {"data", Array{Object{{"name", "train"}}}}}}});
}

ContainerOutcome cannot_measure(const json::Value& pod, const std::string& container) {
  return container == "challenger" ? step_failed(1, "ValueError: 7 columns") : well(pod, container);
}

TEST(Evaluation, AVersionIsMeasured) {
  Story s = story("a version is measured", well, {claims(), evaluated()});
  s.wipes = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kModelVersion, "churn-v1", {"status", "phase"}), "Ready");
}

TEST(Evaluation, AVersionThatCannotBeMeasuredIsRejected) {
  Story s = story("a version cannot be measured", cannot_measure, {claims(), evaluated()});
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kModelVersion, "churn-v1", {"status", "phase"}), "Rejected");
}

TEST(Registry, AVersionIsMadeKnown) {
  const Object mlflow{{"uri", "http://mlflow:5000"}, {"aliases", Array{"champion"}}};
  Story s = story("a version is registered", well, {claims(), version({{"registry", Object{{"mlflow", mlflow}}}})});
  s.wipes = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(at(verdict, r::kModelVersion, "churn-v1", {"status", "registry", "version"}), "1");
}

}  // namespace
}  // namespace millrace::sim::domain
