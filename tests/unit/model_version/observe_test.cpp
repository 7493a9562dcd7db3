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
  Objects list(const kube::Resource&, std::string_view) override { return {}; }

  std::shared_ptr<ModelVersion> version = std::make_shared<ModelVersion>();
  std::shared_ptr<InferenceService> service = std::make_shared<InferenceService>();
};

class ModelVersionObserve : public ::testing::Test {
 protected:
  ModelVersionObserve() {
    cache_.version->meta.name = "churn-v2";
    cache_.version->spec.model = cache_.service->spec.model = "churn";
    cache_.version->spec.provenance = Provenance{.training_job = "churn", .run = 2};
    cache_.service->meta.name = "web";
  }
  ServiceFact fact() {
    const std::vector<plan::Refusal> refusals;
    const std::vector<plan::Fact> facts;
    const engine::World world(cache_, {"shop", "churn-v2"}, core::Instant{}, refusals, facts);
    return observe(world, {"shop", "churn-v2"})->services.at(0);
  }
  Cache cache_{};
};

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

}  // namespace
}  // namespace millrace::model_version
