// Gates that compare with the version that a service has in place (D24).
#include <gtest/gtest.h>

#include "unit/model_version/world.h"

namespace millrace::model_version {
namespace {

ServiceFact service(const std::string& name, const std::string& champion, const std::string& accuracy) {
  ServiceFact out{.name = name, .follows = true};
  out.rival = Rival{
      .who = {.service = name, .version = champion, .digest = "sha256:" + champion}, .metrics = {{"accuracy", accuracy}}, .measured = true};
  return out;
}

// churn-v9, with 0.93 accuracy, must be at most 0.005 below the champion of the service.
Observed challenger(const std::string& service = "") {
  Observed out = by_run("0.93");
  out.version.meta.name = "churn-v9";
  out.version.spec.version = 9;
  out.version.spec.gates = {{.metric = "accuracy", .champion = ChampionGate{.service = service, .min_delta = json::Decimal{"-0.005"}}}};
  return out;
}

GateVerdict verdict(const Observed& seen) { return model_version::plan(seen, {}).status->gates.at(0); }

// The version after its own plan: status and annotations written.
Observed after(Observed seen) {
  const auto plan = model_version::plan(seen, {});
  seen.version.status = *plan.status;
  for (const auto& child : plan.children) {
    for (const auto& [name, value] : child.own_annotations) seen.version.meta.annotations[name] = value;
  }
  return seen;
}

TEST(ModelVersionChampion, WithoutAServiceThereIsNone) {
  const Observed seen = challenger();
  EXPECT_EQ(verdict(seen).verdict, "NoChampion");
  EXPECT_EQ(model_version::plan(seen, {}).status->phase, "Ready");
}

TEST(ModelVersionChampion, TheDifferenceIsAsPeopleCount) {
  Observed seen = challenger();
  seen.services = {service("web", "churn-v6", "0.935")};
  EXPECT_EQ(verdict(seen).verdict, "Passed");
  EXPECT_EQ(*verdict(seen).champion, (Champion{"web", "churn-v6", "sha256:churn-v6", "0.935"}));
  seen.services = {service("web", "churn-v6", "0.9351")};
  const auto plan = model_version::plan(seen, {});
  EXPECT_EQ(plan.status->phase, "Rejected");
  EXPECT_EQ(plan.status->message,
            "accuracy 0.93 must be at least the champion's - 0.005; champion churn-v6 of InferenceService web has 0.9351");
}

TEST(ModelVersionChampion, BothBoundsMustHold) {
  Observed seen = challenger();
  seen.version.spec.gates[0].min = json::Decimal{"0.95"};
  seen.services = {service("web", "churn-v6", "0.90")};
  EXPECT_EQ(verdict(seen).verdict, "Failed");
}

TEST(ModelVersionChampion, OneOfSeveralServicesMustBeNamed) {
  Observed seen = challenger();
  seen.services = {service("eu", "churn-v6", "0.93"), service("us", "churn-v5", "0.99")};
  EXPECT_EQ(verdict(seen).verdict, "AmbiguousChampion");
  EXPECT_EQ(model_version::plan(seen, {}).status->result, "Rejected");
  seen.version.spec.gates[0].champion->service = "eu";
  EXPECT_EQ(verdict(seen).verdict, "Passed");
}

TEST(ModelVersionChampion, WhatNobodyMeasuredIsNoMeasure) {
  Observed seen = challenger();
  seen.services = {service("web", "churn-v6", "0.90")};
  seen.services[0].rival->measured = false;
  EXPECT_EQ(verdict(seen).verdict, "ChampionNotMeasured");
  EXPECT_NE(model_version::plan(seen, {}).status->message.find("churn-v6"), std::string::npos);
}

TEST(ModelVersionChampion, AnotherChampionIsComparedWithAnew) {
  Observed seen = challenger("web");
  seen.services = {service("web", "churn-v6", "0.90")};
  seen = after(seen);
  ASSERT_EQ(seen.version.status.phase, "Ready");
  seen.services = {service("web", "churn-v7", "0.97")};
  EXPECT_EQ(verdict(seen).champion->version, "churn-v7");
  EXPECT_EQ(model_version::plan(seen, {}).status->phase, "Rejected");
  seen = after(seen);
  seen.services = {service("web", "churn-v6", "0.90")};
  EXPECT_EQ(model_version::plan(seen, {}).status->phase, "Rejected") << "refused is refused";
}

TEST(ModelVersionChampion, WhoNeverTakesItUpNeedsNoOtherVerdict) {
  Observed seen = challenger("web");
  seen.services = {service("web", "churn-v6", "0.90")};
  seen = after(seen);
  seen.services = {service("web", "churn-v12", "0.97")};
  seen.services[0].passed_by = true;
  EXPECT_EQ(verdict(seen).champion->version, "churn-v6");
  seen.services[0].pinned = true;
  EXPECT_EQ(verdict(seen).champion->version, "churn-v12") << "it is asked for by name";
}

TEST(ModelVersionChampion, OnceInPlaceItIsNotComparedWithItself) {
  Observed seen = challenger("web");
  seen.version.spec.gates[0].champion->min_delta = json::Decimal{"0.01"};
  seen.services = {service("web", "churn-v6", "0.90")};
  seen = after(seen);
  seen.services = {service("web", "churn-v9", "0.93")};
  seen.services[0].role = "Stable";
  EXPECT_EQ(verdict(seen).champion->version, "churn-v6");
  seen.version.status = {};
  EXPECT_EQ(verdict(seen).champion->version, "churn-v6") << "its annotation remembers";
  seen.version.meta.annotations.clear();
  EXPECT_EQ(model_version::plan(seen, {}).status->phase, "Ready");
}

TEST(ModelVersionChampion, WhatWasGoodThereMayComeBack) {
  Observed seen = challenger("web");
  seen.services = {service("web", "churn-v6", "0.90")};
  seen = after(seen);
  seen.version.meta.annotations[std::string(kVerdictAnnotation)] = "web=Good@2026-05-01T12:00:00Z#r1";
  seen.services = {service("web", "churn-v12", "0.97")};
  seen.services[0].pinned = true;
  EXPECT_EQ(model_version::plan(seen, {}).status->phase, "Ready") << "a person goes back to it";
}

TEST(ModelVersionChampion, IsQuietOnItsOwnResult) {
  Observed seen = challenger();
  seen.services = {service("web", "churn-v6", "0.90")};
  seen = after(seen);
  const auto again = model_version::plan(seen, {});
  EXPECT_EQ(*again.status, seen.version.status);
  EXPECT_TRUE(again.children.empty());
}

TEST(ModelVersionChampion, NonsenseInTheAnnotationIsNothingJudged) {
  Observed seen = challenger();
  seen.version.meta.annotations[std::string(kJudgedAnnotation)] = R"({"gates":7})";
  seen.services = {service("web", "churn-v6", "0.90")};
  EXPECT_EQ(verdict(seen).verdict, "Passed");
}

}  // namespace
}  // namespace millrace::model_version
