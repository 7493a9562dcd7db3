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

std::string more_than_one_registers(const ApiServer& server) {
  std::size_t at_work = 0;
  for (const json::Value* job : server.list(r::kJob)) {
    const bool over = job->at({"status", "conditions"}) != nullptr;
    if (label(*job, "app.kubernetes.io/component") == "registrar" && !over) ++at_work;
  }
  return at_work > 1 ? std::to_string(at_work) + " register at once" : "";
}

// The second version is ready while the first is being registered.
ContainerOutcome one_after_the_other(const json::Value& pod, const std::string& container) {
  ContainerOutcome out = well(pod, container);
  const bool second = label(pod, "millrace.dev/model-version") == "churn-v2";
  if (container == "register") out.after = std::chrono::minutes(5);
  if (container == "verify" && second) out.after = std::chrono::minutes(1);
  return out;
}

TEST(Registry, OneAtATimeInANamespace) {
  const auto by_hand = [](std::int64_t number) {
    Object out = model_version("churn-v" + std::to_string(number), number);
    (*out["spec"].object())["registry"] = Object{{"mlflow", Object{{"uri", "http://mlflow:5000"}}}};
    return make("a version", std::move(out));
  };
  const Act both{"two versions", [first = by_hand(1), second = by_hand(2)](ApiServer& server, core::Instant now) {
                   first.act(server, now);
                   second.act(server, now);
                 }};
  Story s = story("two versions are registered", one_after_the_other, {claims(), both});
  s.always = more_than_one_registers;
  const auto verdict = explore(s, 0);  // a cache that is behind lets a second one begin
  EXPECT_EQ(report(s, verdict), "");
  for (const auto* name : {"churn-v1", "churn-v2"}) EXPECT_EQ(at(verdict, r::kModelVersion, name, {"status", "registry", "version"}), "1");
}

}  // namespace
}  // namespace millrace::sim::domain
