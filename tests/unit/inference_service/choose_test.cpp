// Which version a service takes up: by policy, by what was judged, by what people decided.
#include <gtest/gtest.h>

#include "unit/inference_service/world.h"

namespace millrace::inference_service {
namespace {

model_version::ModelVersion& version(World& w, int number) {
  const std::string name = "churn-v" + std::to_string(number);
  for (auto& v : w.seen.versions) {
    if (v->meta.name != name) continue;
    auto copy = std::make_shared<model_version::ModelVersion>(*v);
    auto& out = *copy;
    v = std::move(copy);
    return out;
  }
  throw std::logic_error(name);
}

// churn-v<number> passed a gate against churn-v<champion>; 0: there was none.
void add_judged(World& w, int number, int champion) {
  w.add_version(number);
  auto& v = version(w, number);
  v.spec.gates = {{.metric = "accuracy", .champion = model_version::ChampionGate{}}};
  v.status.gates = {{.metric = "accuracy", .verdict = champion ? "Passed" : "NoChampion"}};
  if (champion) v.status.gates[0].champion = model_version::Champion{.service = "churn", .version = "churn-v" + std::to_string(champion)};
}

TEST(Choose, AVerdictAgainstAnotherChampionIsWaitedFor) {
  World w = serving_v1();
  add_judged(w, 2, 0);
  w.settle();
  EXPECT_FALSE(w.status().canary) << "churn-v1 came since";
  version(w, 2).status.gates[0].champion = model_version::Champion{.service = "churn", .version = "churn-v1"};
  w.settle();
  ASSERT_TRUE(w.status().canary);
  EXPECT_EQ(w.status().canary->version, "churn-v2");
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v2") << "in place it is not compared with itself";
}

TEST(Choose, AChampionOfTheSameBytesIsTheSame) {
  World w = serving_v1();
  add_judged(w, 3, 2);
  version(w, 3).status.gates[0].champion->digest = version(w, 1).spec.artifact.digest;
  w.settle();
  EXPECT_TRUE(w.status().canary);
}

TEST(Choose, AGateAboutAnotherServiceHindersNobodyHere) {
  World w = serving_v1();
  add_judged(w, 2, 7);
  version(w, 2).spec.gates[0].champion->service = "elsewhere";
  w.settle();
  EXPECT_TRUE(w.status().canary);
}

TEST(Choose, APinnedVersionWaitsForItsVerdictAndSaysSo) {
  World w = serving_v1();
  add_judged(w, 2, 0);
  w.seen.service.spec.version = {Policy::Pinned, "churn-v2"};
  w.settle();
  EXPECT_EQ(w.status().phase, "Pending");
  EXPECT_NE(w.status().message.find("judged against churn-v1"), std::string::npos) << w.status().message;
}

TEST(Choose, WhatWasGoodHereComesBackWithoutAnotherComparison) {
  World w = serving_v1();
  add_judged(w, 2, 1);
  ASSERT_TRUE(w.run_to_settled());
  version(w, 1).spec.gates = {{.metric = "accuracy", .champion = model_version::ChampionGate{}}};
  version(w, 1).meta.annotations[std::string(model_version::kVerdictAnnotation)] = "churn=Good@2026-01-01T00:00:00Z#r";
  w.seen.service.spec.version = {Policy::Pinned, "churn-v1"};
  w.settle();
  ASSERT_TRUE(w.status().canary);
  EXPECT_EQ(w.status().canary->version, "churn-v1");
}

TEST(Choose, AVersionMadeByHandComesOnlyWhenApproved) {
  World w = serving_v1();
  w.add_version(2, "Ready", "Manual");
  w.settle();
  EXPECT_FALSE(w.status().canary);
  version(w, 2).spec.approval.decision = model_version::ApprovalDecision::Approved;
  w.settle();
  ASSERT_TRUE(w.status().canary);
  EXPECT_EQ(w.status().canary->version, "churn-v2");
}

TEST(Choose, AQuarantinedVersionIsNeverTakenUp) {
  World w = serving_v1();
  w.add_version(2, "Quarantined");
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v1");
  version(w, 2).status.message = "quarantined: a broken sensor";
  w.seen.service.spec.version = {Policy::Pinned, "churn-v2"};
  w.settle();
  EXPECT_EQ(w.status().phase, "Failed");
  EXPECT_NE(w.status().message.find("ModelVersion churn-v2 is quarantined: a broken sensor"), std::string::npos) << w.status().message;
}

TEST(Choose, WhoServesAQuarantinedVersionSaysSoAndGoesOn) {
  World w = serving_v1();
  w.add_version(2);
  ASSERT_TRUE(w.run_to_settled());
  ASSERT_EQ(w.status().stable->version, "churn-v2");
  version(w, 2).status.phase = "Quarantined";
  version(w, 2).status.message = "quarantined: a broken sensor";
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v2") << "an older one is no news";
  EXPECT_EQ(w.status().message, "churn-v2 serves, though it is quarantined: a broken sensor");
}

TEST(Choose, ACanaryThatIsQuarantinedLeaves) {
  World w = serving_v1();
  w.add_version(2);
  w.settle();
  ASSERT_TRUE(w.status().canary);
  version(w, 2).status.phase = "Quarantined";
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v1");
  EXPECT_EQ(w.status().result, "Superseded");
  EXPECT_EQ(w.count("churn-v2"), -1);
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Choose, AFirstVersionThatIsQuarantinedDoesNotArrive) {
  World w;
  w.add_version(1);
  w.pods_of["churn-v1"] = Pods::Starting;
  w.settle();
  ASSERT_TRUE(w.status().canary);
  version(w, 1).status.phase = "Quarantined";
  w.run_to_settled();
  EXPECT_FALSE(w.status().stable || w.status().canary);
}

TEST(Choose, AnArtifactThatNobodyCanFetchIsRefusedWithPathAndValue) {
  World w = serving_v1();
  w.add_version(2);
  version(w, 2).spec.artifact.uri = "ftp://example.org/churn";
  w.seen.service.spec.version = {Policy::Pinned, "churn-v2"};
  w.settle();
  const auto* accepted = kube::find(w.status().conditions, "Accepted");
  EXPECT_EQ(accepted->reason, "Invalid");
  EXPECT_TRUE(accepted->message.starts_with("ModelVersion churn-v2: spec.artifact.uri: \"ftp://example.org/churn\" ")) << accepted->message;
  EXPECT_NE(accepted->message.find("; allowed: pvc://<claim>/<path>"), std::string::npos);
  EXPECT_FALSE(target_for(w.seen, version(w, 2), w.settings)) << "whoever asks gets no template of it";
  EXPECT_EQ(w.status().stable->version, "churn-v1");
}

}  // namespace
}  // namespace millrace::inference_service
