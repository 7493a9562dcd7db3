// What a version reads from the services of its model.
#include "model_version/observe.h"

#include <gtest/gtest.h>

#include "inference_service/api/inference_service.h"

namespace millrace::model_version {
namespace {

using inference_service::InferenceService;

class Cache final : public engine::WorldSource {
 public:
  std::shared_ptr<const void> get(const kube::Resource&, const kube::ObjectKey&) override { return version; }
  Objects owned(const kube::Resource&, std::string_view) override { return {}; }
  Objects labelled(const kube::Resource&, std::string_view, std::string_view, std::string_view) override { return {}; }
  Objects grouped(const kube::Resource&, std::string_view, std::string_view) override { return {service}; }
  Objects everywhere(const kube::Resource&, std::string_view) override { return {}; }
  Objects list(const kube::Resource&, std::string_view) override { return others; }

  std::shared_ptr<ModelVersion> version = std::make_shared<ModelVersion>();
  std::shared_ptr<InferenceService> service = std::make_shared<InferenceService>();
  Objects others{};
};

class ModelVersionObserve : public ::testing::Test {
 protected:
  ModelVersionObserve() {
    cache_.version->meta.name = "churn-v2";
    cache_.version->spec.model = cache_.service->spec.model = "churn";
    cache_.version->spec.provenance = Provenance{.training_job = "churn", .run = 2};
    cache_.service->meta.name = "web";
  }
  ServiceFact fact() { return seen().services.at(0); }
  Observed seen() {
    const std::vector<plan::Refusal> refusals;
    const std::vector<plan::Fact> facts;
    const plan::Heard heard;
    const engine::World world(cache_, {"shop", "churn-v2"}, core::Instant{}, refusals, facts, heard);
    return *observe(world, {"shop", "churn-v2"});
  }
  Cache cache_{};
};

TEST_F(ModelVersionObserve, AServiceHoldsWhatItNamesUntilItGoes) {
  InferenceService& web = *cache_.service;
  EXPECT_EQ(fact().holds, "Unknown");
  web.status.phase = "Serving";
  EXPECT_EQ(fact().holds, "");
  web.status.last_good = {.version = "churn-v2"};
  EXPECT_EQ(fact().holds, "LastGood");
  web.status.canary = {.version = "churn-v2"};
  EXPECT_EQ(fact().holds, "Canary");
  web.status.stable = {.version = "churn-v2"};
  EXPECT_EQ(fact().holds, "Stable");
  web.meta.deletion = core::Instant{};
  EXPECT_EQ(fact().holds, "");
}

TEST_F(ModelVersionObserve, SharedBytesAreThoseOfAnyVersionThatStays) {
  struct Row {
    const char* uri;
    bool deleting, deletes, used, shares;
  };
  const Row rows[] = {{"s3://m/a/sha256/x", false, false, false, true},    {"s3://m/a/sha256/x/", false, true, false, true},
                      {"s3://m/a/sha256/xy", false, false, false, false},  {"s3://m/a", false, false, false, true},
                      {"s3://m/a/sha256/x/in", false, false, false, true}, {"s3://m/a/sha256/x", true, true, false, false},
                      {"s3://m/a/sha256/x", true, true, true, true},       {"s3://m/a/sha256/x", true, false, false, true}};
  ModelVersion& mine = *cache_.version;
  mine.meta.uid = "mine";
  mine.meta.deletion = core::Instant{};
  mine.meta.finalizers = {std::string(kArtifactFinalizer)};
  mine.spec.artifact.uri = "s3://m/a/sha256/x";
  for (const Row& row : rows) {
    auto other = std::make_shared<ModelVersion>();
    other->meta = {.name = "other", .uid = "other"};
    other->spec.artifact.uri = row.uri;
    if (row.deleting) other->meta.deletion = core::Instant{};
    if (row.deletes) other->spec.deletion_policy = DeletionPolicy::Delete;
    if (row.used) other->meta.finalizers = {std::string(kInUseFinalizer)};
    cache_.others = {cache_.version, other};
    EXPECT_EQ(seen().sharing, row.shares ? "other" : "") << row.uri << row.deleting << row.deletes << row.used;
  }
}

TEST_F(ModelVersionObserve, LatestFollowsWhatARunMadeOnly) {
  EXPECT_TRUE(fact().follows);
  cache_.version->spec.provenance.reset();
  EXPECT_FALSE(fact().follows) << "it would never be taken up, and never be settled";
  cache_.service->spec.version = {inference_service::Policy::Pinned, "churn-v2"};
  EXPECT_TRUE(fact().follows);
}

TEST_F(ModelVersionObserve, WhatEndedItsBakeIsGoodThoughAnotherContainerOfItWasRefused) {
  cache_.service->status.stable = inference_service::StableStatus{.version = "churn-v2", .revision = "b"};
  cache_.service->status.refused = {{"churn-v2", "a", "Crashed", "exit code 1", {}}};
  EXPECT_EQ(fact().verdict, "Bad");
  cache_.service->status.last_good = inference_service::GoodStatus{"churn-v2", "b", core::Instant{}};
  EXPECT_EQ(fact().verdict, "Good");
  EXPECT_EQ(fact().revision, "b");
}

TEST_F(ModelVersionObserve, AVersionThatFoundNoPlaceIsNotPassedBy) {
  cache_.service->status.stable = inference_service::StableStatus{.version = "churn-v1"};
  cache_.service->status.deferred = inference_service::DeferredStatus{.version = "churn-v2"};
  cache_.service->status.settled = {.generation = 1, .version = "churn-v2", .result = "Failed"};
  EXPECT_FALSE(fact().passed_by) << "it is tried again";
  cache_.service->status.stable->version = "churn-v3";
  EXPECT_TRUE(fact().passed_by);
}

TEST_F(ModelVersionObserve, APersonsRollbackPassesByWhatWasThere) {
  cache_.service->status.stable = inference_service::StableStatus{.version = "churn-v1"};
  cache_.service->status.rollback = inference_service::RollbackStatus{.version = "churn-v1", .above = cache_.version->spec.version};
  EXPECT_TRUE(fact().passed_by) << "the word holds until a newer one than this comes";
  cache_.service->status.rollback->above -= 1;
  EXPECT_FALSE(fact().passed_by);
}

}  // namespace
}  // namespace millrace::model_version
