// Inputs that were trained on before.
#include "training_job/cache.h"

#include <gtest/gtest.h>

#include "training_job/identity.h"
#include "unit/training_job/world.h"

namespace millrace::training_job {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

void ask(World& w, const char* max_iter, int look) {
  w.seen.job.spec.parameters = {{"max_iter", max_iter}};
  w.edit();
  w.resolver_finds("churn-resolve-" + std::to_string(look), "sha256:1");
  w.settle();
}

// Runs 1 and 2 of different inputs.
World two_runs(const char* first = "Ready") {
  World w;
  w.seen.job.spec.train.image = "example/train@" + kDigest;
  w.seen.job.spec.parameters = {{"max_iter", "1"}};
  w.until_it_trains();
  w.publishes("churn-r1-a1");
  w.settle();
  w.judge_version("churn-v1", first);
  w.settle();
  ask(w, "2", 2);
  w.publishes("churn-r2-a1");
  w.settle();
  w.judge_version("churn-v2", "Ready");
  w.settle();
  return w;
}

TEST(Cache, ARevertIsAHitAndBackAgainIsTheNewestRun) {
  World w = two_runs();
  ask(w, "1", 3);
  EXPECT_EQ(w.status().result, "CacheHit");
  EXPECT_EQ(w.status().settled.version, "churn-v1");
  EXPECT_EQ(w.status().settled.run, 0);
  EXPECT_EQ(w.status().model_version, "churn-v1");
  EXPECT_EQ(w.status().run.number, 2);
  EXPECT_EQ(w.condition("Ready"), "True");
  EXPECT_EQ(w.condition("Registered"), "True");
  w.later(hours(10000));
  EXPECT_TRUE(w.quiet()) << "what was decided stands";
  ask(w, "2", 4);
  EXPECT_EQ(w.status().result, "VersionReady");
  EXPECT_EQ(w.status().settled.version, "churn-v2");
  EXPECT_EQ(w.status().model_version, "churn-v2");
}

TEST(Cache, AWipedStatusHitsAgain) {
  World w = two_runs();
  ask(w, "1", 3);
  w.seen.job.status = {};
  w.settle();
  if (w.status().phase == "ResolvingData") w.resolver_finds(w.status().resolve.job, "sha256:1");
  w.settle();
  EXPECT_EQ(w.status().result, "CacheHit");
  EXPECT_EQ(w.seen.versions.size(), 2u);
}

TEST(Cache, WhatWasRejectedIsKnownBad) {
  World w = two_runs("Rejected");
  ask(w, "1", 3);
  EXPECT_EQ(w.status().result, "KnownBad");
  EXPECT_EQ(w.status().settled.version, "churn-v1");
  EXPECT_EQ(w.status().model_version, "churn-v2") << "the last good one";
  EXPECT_EQ(w.condition("Stalled"), "True");
  EXPECT_EQ(w.status().run.number, 2);
}

TEST(Cache, KnownBadStallsWhoAskedForItAndNotWhoOnlyPolled) {
  World w = two_runs("Rejected");
  w.seen.job.status.run.trigger = "NewData";
  ask(w, "1", 3);
  EXPECT_EQ(w.status().result, "KnownBad");
  EXPECT_EQ(w.condition("Stalled"), "True") << "an edit asked, however the newest run began";
  w.seen.job.status.cache.asked = w.seen.job.status.run.asked = asked_hash(w.seen.job.spec);
  w.settle();
  EXPECT_EQ(w.condition("Stalled"), "False");
  EXPECT_EQ(w.condition("Ready"), "True") << "what was made before stands";
}

TEST(Cache, AChangeOfRunTrainsInSpiteOfIt) {
  World w = two_runs();
  w.seen.job.spec.run = "again";
  ask(w, "1", 3);
  EXPECT_EQ(w.status().run.number, 3);
  EXPECT_EQ(w.condition("Settled"), "False");
}

TEST(Cache, ARunAfterAHitIsForcedByAnotherTokenOnly) {
  World w = two_runs();
  ask(w, "1", 3);
  w.seen.job.spec.run = "again";
  w.edit();
  w.resolver_finds("churn-resolve-4", "sha256:1");
  w.settle();
  EXPECT_EQ(w.status().run.number, 3);
  EXPECT_TRUE(w.status().cache.asked.empty());
}

TEST(Cache, IsForWhatIsReproducibleYoungAndOfTheModel) {
  const World w = two_runs();
  const auto find = [&](const Spec& spec, const std::vector<DataStatus>& data, core::Instant at) {
    return find_cached(spec, data, w.seen.versions[0]->spec.provenance->input_hash, w.seen.versions, at);
  };
  const Spec spec = w.seen.job.spec;
  EXPECT_EQ(find(spec, {}, kNow), w.seen.versions[0].get());
  EXPECT_EQ(find(spec, {{.name = "train", .strength = "Weak"}}, kNow), nullptr);
  EXPECT_EQ(find(spec, {}, kNow + hours(720)), nullptr);
  Spec tagged = spec;
  tagged.train.image = "example/train:1";
  EXPECT_EQ(find(tagged, {}, kNow), nullptr);
  tagged.cache.trust_tags = true;
  EXPECT_NE(find(tagged, {{.name = "train", .strength = "Weak"}}, kNow), nullptr);
  Spec off = spec;
  off.cache.enabled = false;
  EXPECT_EQ(find(off, {}, kNow), nullptr);
  Spec other = spec;
  other.model = "leavers";
  EXPECT_EQ(find(other, {}, kNow), nullptr);
}

TEST(Cache, WhetherARunIsReproducibleIsAConditionThatSaysWhy) {
  World w;
  w.settle();
  EXPECT_EQ(kube::find(w.status().conditions, "Reproducible")->reason, "MutableTag");
  w.seen.job.spec.train.image = "example/train@" + kDigest;
  w.seen.job.spec.evaluate = shared::Step{.image = "example/evaluate:1", .command = {"e"}};
  EXPECT_EQ(irreproducible(w.seen.job.spec, {})->reason, "MutableTag");
  w.seen.job.spec.evaluate->image = "example/evaluate@" + kDigest;
  EXPECT_FALSE(irreproducible(w.seen.job.spec, {{.name = "train", .strength = "Strong"}}));
  EXPECT_EQ(irreproducible(w.seen.job.spec, {{.name = "train", .strength = "Weak"}})->reason, "WeakData");
}

TEST(Images, ATagThatMovesBetweenAttemptsEndsTheRun) {
  World w;
  w.until_it_trains();
  w.fails("churn-r1-a1", "train", 1);
  w.pod_of("churn-r1-a1").status.containers[0].image_id = "example/train@sha256:1";
  w.settle();
  w.later(seconds(10));
  w.settle();
  w.publishes("churn-r1-a2");
  w.pod_of("churn-r1-a2").status.containers[0].image_id = "example/train@sha256:2";
  w.settle();
  EXPECT_EQ(w.status().phase, "Failed");
  EXPECT_EQ(w.status().run.reason, "ImageMoved");
  EXPECT_TRUE(w.seen.versions.empty());
}

TEST(Images, OnlyDigestsOfARegistryAreCompared) {
  EXPECT_EQ(moved_image({{"train", "a@sha256:1"}}, {{"train", "a@sha256:1"}}), "");
  EXPECT_EQ(moved_image({{"train", "sha256:1"}}, {{"train", "a@sha256:2"}}), "") << "a node that was given the image by hand";
  EXPECT_EQ(moved_image({}, {{"train", "a@sha256:2"}}), "");
  EXPECT_NE(moved_image({{"train", "mirror/a@sha256:1"}}, {{"train", "a@sha256:2"}}), "");
}

}  // namespace
}  // namespace millrace::training_job
