// What a TrainingJob reads, and so is woken by: with a thousand in a namespace, each version and each look would wake them all.
#include "training_job/observe.h"

#include <gtest/gtest.h>

#include "shared/labels.h"

namespace millrace::training_job {
namespace {

using model_version::ModelVersion;

class Cache final : public engine::WorldSource {
 public:
  std::shared_ptr<const void> get(const kube::Resource&, const kube::ObjectKey&) override { return job; }
  Objects owned(const kube::Resource&, std::string_view) override { return {}; }
  Objects labelled(const kube::Resource& kind, std::string_view, std::string_view label, std::string_view value) override {
    return versions(kind, [&](const ModelVersion& v) { return v.meta.label(label) == value; });
  }
  Objects grouped(const kube::Resource& kind, std::string_view, std::string_view group) override {
    return versions(kind, [&](const ModelVersion& v) { return v.spec.model == group; });
  }
  Objects everywhere(const kube::Resource&, std::string_view) override { return {}; }
  Objects list(const kube::Resource& kind, std::string_view) override {
    listed.emplace_back(kind.kind);
    return {};
  }

  std::shared_ptr<TrainingJob> job = std::make_shared<TrainingJob>();
  std::vector<std::shared_ptr<const ModelVersion>> there{};
  std::vector<std::string> listed{};

 private:
  template <class F>
  Objects versions(const kube::Resource& kind, F wanted) {
    Objects out;
    for (const auto& v : there) {
      if (kind == ModelVersion::kResource && wanted(*v)) out.push_back(v);
    }
    return out;
  }
};

class TrainingJobObserve : public ::testing::Test {
 protected:
  TrainingJobObserve() {
    cache_.job->meta.name = "nightly";
    cache_.job->spec.model = "churn";
  }
  void add(const std::string& name, const std::string& model, const std::string& made_by) {
    ModelVersion v;
    v.meta.name = name;
    v.meta.labels[std::string(shared::kTrainingJobLabel)] = made_by;
    v.spec.model = model;
    cache_.there.push_back(std::make_shared<const ModelVersion>(std::move(v)));
  }
  Observed seen() {
    const std::vector<plan::Refusal> refusals;
    const std::vector<plan::Fact> facts;
    const plan::Heard heard;
    const engine::World world(cache_, {"shop", "nightly"}, core::Instant{}, refusals, facts, heard);
    return *observe(world, {"shop", "nightly"});
  }
  Cache cache_{};
};

TEST_F(TrainingJobObserve, ReadsTheVersionsOfItsModelsAndThoseItMade) {
  add("churn-v2", "churn", "nightly");
  add("churn-v1", "churn", "by-hand");
  add("old-name-v7", "old-name", "nightly");
  add("pinned-v1", "pinned", "by-hand");
  add("other-v1", "other", "weekly");
  cache_.job->status.run.model = "pinned";
  std::vector<std::string> names;
  for (const auto& v : seen().versions) names.push_back(v->meta.name);
  EXPECT_EQ(names, (std::vector<std::string>{"churn-v1", "churn-v2", "old-name-v7", "pinned-v1"}));
}

TEST_F(TrainingJobObserve, LooksAtOthersOnlyWhereTheyShareALook) {
  cache_.job->spec.data = {{.name = "train", .uri = "pvc://data/train.csv"}};
  (void)seen();
  EXPECT_TRUE(cache_.listed.empty()) << "a claim is looked at by a resolver of its own";
  cache_.job->spec.data = {{.name = "train", .uri = "s3://data/train.csv"}};
  (void)seen();
  EXPECT_EQ(cache_.listed, std::vector<std::string>{"TrainingJob"});
}

}  // namespace
}  // namespace millrace::training_job
