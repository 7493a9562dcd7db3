// What real clusters do to a rollout: pods that nobody takes away, stores that come and go, people who change their mind.
#include <gtest/gtest.h>

#include "inference_service/rollout.h"
#include "unit/inference_service/world.h"

namespace millrace::inference_service {
namespace {

void pin(World& w, std::string version) {
  w.seen.service.spec.version = {Policy::Pinned, std::move(version)};
  ++w.seen.service.meta.generation;
}

bool holds(const World& w, std::string_view type) { return kube::is_true(w.status().conditions, type); }
std::string reason_of(const World& w, std::string_view type) {
  const auto* c = kube::find(w.status().conditions, type);
  return c ? c->reason : "";
}

void evicted(kube::Pod& pod) {
  pod.status.phase = "Failed";
  pod.status.reason = "Evicted";
  pod.status.message = "The node was low on resource: memory";
}

TEST(Cluster, AnEvictedPodThatLiesAroundHoldsNobodyUp) {
  World w = serving_v1();
  w.leave_behind("churn-v1", evicted);
  w.add_version(2);
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().result, "Promoted");
  EXPECT_EQ(w.count("churn-v1"), -1) << "its Deployment goes, and the dead pod with it";
  EXPECT_TRUE(w.status().retired.empty());
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Cluster, AnEvictedCanaryIsToldUntilItsSuccessorStarts) {
  World w = serving_v1();
  w.add_version(2);
  w.pods_of["churn-v2"] = Pods::Silent;
  w.settle();
  w.leave_behind("churn-v2", evicted);
  w.settle();
  EXPECT_EQ(w.status().phase, "Degraded");
  EXPECT_NE(w.status().message.find("low on resource"), std::string::npos) << w.status().message;
  w.pods_of["churn-v2"] = Pods::Starting;
  w.settle();
  EXPECT_FALSE(w.status().canary->place_since);
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().refused.at(0).reason, "ProgressDeadlineExceeded") << "an old eviction excuses nobody";
}

TEST(Cluster, APodOnALostNodeIsWrittenOff) {
  World w = serving_v1();
  w.leave_behind("churn-v1", [&](kube::Pod& pod) { pod.meta.deletion = w.seen.now + seconds(60); });
  w.add_version(2);
  w.seen.service.spec.rollout.strategy = Strategy::BlueGreen;
  w.settle();
  ASSERT_EQ(w.status().stable->version, "churn-v2");
  w.advance(minutes(2));
  EXPECT_FALSE(w.status().retired.empty()) << "it may still end by itself";
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_TRUE(w.status().retired.empty());
  EXPECT_EQ(w.count("churn-v1"), -1);
}

TEST(Cluster, ASilentPodIsAskedAboutWithoutAnyEvent) {
  World w = serving_v1();
  w.add_version(2);
  w.pods_of["churn-v2"] = Pods::Silent;
  w.settle();
  const core::Instant first = w.seen.now + seconds(30);
  ASSERT_EQ(w.last.wake, first) << "nothing else would wake the pass";
  w.advance(seconds(30));
  ASSERT_EQ(w.last.questions.size(), 1U);
  EXPECT_EQ(w.last.questions[0].at, first);
  w.seen.facts = {{w.last.questions[0], plan::Sentence{"FailedMount", "MountVolume.SetUp failed: no such host"}, w.seen.now}};
  w.settle();
  EXPECT_EQ(w.status().phase, "Degraded");
  EXPECT_NE(w.status().message.find("no such host"), std::string::npos) << w.status().message;
  w.seen.facts[0].answer = plan::Sentence{"FailedScheduling", "0/3 nodes are available"};
  w.settle();
  EXPECT_FALSE(w.status().canary->place_since) << "the pod has its node: that event no longer holds";
}

TEST(Cluster, AFetchThatRunsAgainIsStillHindered) {
  World w = serving_v1();
  w.add_version(2);
  w.pods_of["churn-v2"] = Pods::FetchFailed;
  w.settle();
  ASSERT_TRUE(w.status().canary->place_since);
  const core::Instant since = *w.status().canary->place_since;
  for (int i = 0; i < 3; ++i) {
    w.pods_of["churn-v2"] = i % 2 ? Pods::FetchFailed : Pods::FetchAgain;
    w.advance(minutes(10));
    ASSERT_TRUE(w.status().canary->place_since);
    EXPECT_EQ(*w.status().canary->place_since, since) << "placeTimeout runs on";
  }
  w.advance(minutes(31));
  EXPECT_FALSE(w.status().canary);
  EXPECT_TRUE(w.status().refused.empty());
}

TEST(Cluster, TheOldRevisionAnswersWhileNobodyOfTheNewOneDoes) {
  World w = serving_v1();
  const std::string v1 = w.status().stable->revision;
  w.add_version(2);
  w.settle();
  w.advance(minutes(2));
  ASSERT_EQ(w.status().phase, "Baking");
  const std::string v2 = w.status().stable->revision;
  w.pods_of["churn-v2"] = Pods::Starting;
  w.settle();
  EXPECT_EQ(w.entry(), v1) << "it is warm";
  EXPECT_TRUE(holds(w, "Available"));
  EXPECT_NE(w.status().message.find("churn-v1 still answers"), std::string::npos) << w.status().message;
  w.advance(minutes(5));
  EXPECT_EQ(w.count("churn-v1"), 1);
  w.pods_of.clear();
  w.settle();
  EXPECT_EQ(w.entry(), v2);
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().result, "Promoted");
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Cluster, ANewerVersionComesBesideTheOldOneWhenTheOneBetweenHasNoPods) {
  World w = serving_v1();
  const std::string v1 = w.status().stable->revision;
  w.add_version(2);
  w.settle();
  w.advance(minutes(2));
  w.pods_of["churn-v2"] = Pods::NoNode;
  w.settle();
  w.add_version(3);
  w.settle();
  EXPECT_EQ(w.status().stable->version, "churn-v1");
  EXPECT_EQ(w.entry(), v1);
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v3");
  EXPECT_EQ(w.status().result, "Promoted");
  EXPECT_EQ(w.count("churn-v2"), -1);
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Cluster, ACanaryThatWasNeverFrozenMakesWay) {
  World w = serving_v1();
  w.add_version(2);
  w.pass();  // status names it; the operator ends before the revision is stored
  ASSERT_EQ(w.status().canary->version, "churn-v2");
  std::erase_if(w.seen.revisions, [](const auto& frozen) { return version_of(*frozen) == "churn-v2"; });
  const auto of_v2 = [&](const auto& d) { return d->meta.label(shared::kRevisionLabel) == w.status().canary->revision; };
  ASSERT_EQ(std::erase_if(w.seen.deployments, of_v2), 1U);
  w.add_version(3);
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v3");
}

TEST(Cluster, ACutStatusOfACanaryCrashesNobody) {
  World w = serving_v1();
  w.add_version(2);
  w.settle();
  w.seen.service.status.canary->steps.clear();
  w.seen.service.status.canary->step = 7;
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v2");
}

TEST(People, PinningBackAfterNoPlaceIsWell) {
  World w = serving_v1();
  w.add_version(2);
  w.pods_of["churn-v2"] = Pods::NoNode;
  pin(w, "churn-v2");
  w.settle();
  w.advance(minutes(61));
  w.settle();
  ASSERT_TRUE(w.status().deferred);
  pin(w, "churn-v1");
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_FALSE(w.status().deferred);
  EXPECT_FALSE(holds(w, "Stalled"));
  EXPECT_TRUE(holds(w, "Ready"));
  EXPECT_EQ(w.status().settled.version, "churn-v1");
  EXPECT_EQ(w.status().result, "Serving");
}

TEST(People, PinningARejectedVersionFails) {
  World w = serving_v1();
  w.add_version(2, "Rejected");
  pin(w, "churn-v2");
  w.settle();
  EXPECT_EQ(w.status().phase, "Failed");
  EXPECT_EQ(w.status().result, "Failed") << "not the result of the rollout before";
  EXPECT_EQ(w.status().settled.version, "churn-v2");
  EXPECT_EQ(w.status().settled.generation, 2);
  EXPECT_TRUE(holds(w, "Stalled"));
  EXPECT_EQ(reason_of(w, "Stalled"), "VersionRejected");
  EXPECT_TRUE(w.status().message.starts_with("ModelVersion churn-v2 is rejected")) << w.status().message;
  EXPECT_NE(w.status().message.find("churn-v1 serves"), std::string::npos) << w.status().message;
}

TEST(People, PinningWhatNoRuntimeLoadsIsInvalid) {
  World w = serving_v1();
  w.add_version(2);
  auto v = std::make_shared<model_version::ModelVersion>(*w.seen.versions.back());
  v->spec.artifact.format = "onnx";
  w.seen.versions.back() = v;
  pin(w, "churn-v2");
  w.settle();
  EXPECT_EQ(w.status().phase, "Invalid");
  EXPECT_EQ(w.status().result, "Invalid");
  EXPECT_FALSE(holds(w, "Ready"));
  EXPECT_EQ(reason_of(w, "Stalled"), "NoRuntime");
  EXPECT_EQ(w.status().stable->version, "churn-v1") << "who serves goes on serving";
}

TEST(People, AFirstVersionThatFailsIsNotMissing) {
  World w;
  w.add_version(1);
  w.pods_of["churn-v1"] = Pods::CrashLoop;
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().phase, "Failed");
  EXPECT_EQ(w.status().result, "Failed");
  EXPECT_TRUE(holds(w, "Accepted"));
  EXPECT_NE(w.status().message.find("no such module"), std::string::npos) << w.status().message;
  w.seen.service.status = {};
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().phase, "Failed") << "nor after status was wiped";
  EXPECT_NE(w.status().message.find("no such module"), std::string::npos) << w.status().message;
}

TEST(People, AnUndoneEditIsNoLongerRolledBack) {
  World w = serving_v1();
  w.seen.service.spec.container = Container{.image = "registry.example.org/broken:1"};
  ++w.seen.service.meta.generation;
  w.pods_of["churn-v1"] = Pods::CrashLoop;
  w.settle();
  w.pods_of.clear();
  ASSERT_TRUE(w.run_to_settled());
  ASSERT_EQ(w.status().result, "RolledBack");
  ASSERT_TRUE(holds(w, "Stalled"));
  w.seen.service.spec.container.reset();
  ++w.seen.service.meta.generation;
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_FALSE(holds(w, "RolledBack"));
  EXPECT_TRUE(holds(w, "Ready"));
  EXPECT_EQ(w.status().result, "Serving");
  EXPECT_EQ(w.status().message, "churn-v1 serves");
}

TEST(People, AnEditDuringTheBakeAsksForItToo) {
  World w = serving_v1();
  w.seen.service.spec.rollout.restart = "again";
  ++w.seen.service.meta.generation;
  w.settle();
  w.advance(minutes(2));
  ASSERT_EQ(w.status().phase, "Baking");
  w.seen.service.spec.rollout.drain = seconds(20);
  ++w.seen.service.meta.generation;
  w.settle();
  EXPECT_TRUE(holds(w, "Reconciling"));
  EXPECT_FALSE(holds(w, "Settled"));
}

TEST(People, MoreRefusalsThanStatusHoldsComeToRest) {
  World w = serving_v1();
  for (int i = 2; i <= 30; ++i) {
    w.add_version(i, "Ready", "Run", "sha256:" + std::to_string(i));
    auto v = std::make_shared<model_version::ModelVersion>(*w.seen.versions.back());
    v->meta.annotations[std::string(model_version::kVerdictAnnotation)] = "churn=Bad@2025-12-01T00:00:00Z#";
    w.seen.versions.back() = v;
  }
  EXPECT_GT(w.settle(), 0);
  EXPECT_LE(w.status().refused.size(), 20U);
  EXPECT_EQ(w.status().stable->version, "churn-v1");
  pin(w, "churn-v30");
  EXPECT_GT(w.settle(), 0);
  EXPECT_EQ(w.status().phase, "RolledBack");
}

TEST(People, ChangeReplicasInTheMiddleOfASplit) {
  World w;
  w.seen.service.spec.replicas = 2;
  w.add_version(1);
  ASSERT_TRUE(w.run_to_settled());
  w.add_version(2);
  w.settle();
  ASSERT_EQ(w.entry(), "everybody");
  for (const int replicas : {5, 1}) {
    w.seen.service.spec.replicas = replicas;
    ++w.seen.service.meta.generation;
    w.settle();
    EXPECT_EQ(w.count("churn-v1"), replicas);
    EXPECT_EQ(w.count("churn-v2"), replicas) << "50 % beside that many";
    EXPECT_EQ(w.entry(), "everybody");
  }
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().result, "Promoted");
  EXPECT_EQ(w.count("churn-v2"), 1);
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(People, DeleteWhatTheOperatorMade) {
  World w = serving_v1();
  w.add_version(2);
  w.settle();
  ASSERT_EQ(w.entry(), "everybody");
  w.seen.deployments.clear();
  ASSERT_GT(w.settle(), 0);
  EXPECT_EQ(w.count("churn-v1"), 1);
  EXPECT_EQ(w.count("churn-v2"), 1);
  w.seen.entry = nullptr;
  w.seen.services.clear();
  w.seen.slices.clear();
  ASSERT_GT(w.settle(), 0);
  EXPECT_EQ(w.entry(), "everybody");
  w.seen.revisions.clear();
  ASSERT_GT(w.settle(), 0);
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v2");
  EXPECT_EQ(w.status().result, "Promoted");
  EXPECT_EQ(w.seen.revisions.size(), 1U) << "the old one's template is nowhere any more";
}

TEST(People, PinBackToWhatServedBefore) {
  World w = serving_v1();
  const std::string v1 = w.status().stable->revision;
  w.add_version(2);
  ASSERT_TRUE(w.run_to_settled());
  pin(w, "churn-v1");
  w.settle();
  ASSERT_TRUE(w.status().canary);
  EXPECT_EQ(w.status().canary->revision, v1) << "as it was frozen then";
  EXPECT_EQ(w.entry(), "everybody") << "by steps, like any other";
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v1");
  EXPECT_EQ(w.status().result, "Promoted");
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Sentences, ReadLikeSentences) {
  World w = serving_v1();
  w.add_version(2);
  w.pods_of["churn-v2"] = Pods::Starting;
  w.settle();
  EXPECT_EQ(w.status().message, "waits for 1 ready pod of churn-v2");
  w.pods_of.clear();
  w.settle();
  const std::string end = core::to_rfc3339(w.seen.now + minutes(2));
  EXPECT_EQ(w.status().message, "waits for the end of step 1/2 (50%) of churn-v2 at " + end);
  w.advance(minutes(2));
  const std::string bake = core::to_rfc3339(w.seen.now + minutes(1));
  EXPECT_EQ(w.status().message, "churn-v2 serves; waits for the end of the bake of churn-v2 at " + bake);
  w.pods_of["churn-v2"] = Pods::CrashLoop;
  w.settle();
  w.add_version(3);
  w.settle();
  EXPECT_NE(w.status().decision.waiting_for.find("to drain and leave; then churn-v3 comes"), std::string::npos)
      << w.status().decision.waiting_for;
}

}  // namespace
}  // namespace millrace::inference_service
