#include <gtest/gtest.h>

#include "kube/model/children.h"
#include "plan/writes.h"

namespace millrace::plan {
namespace {

using How = Write::How;
using std::chrono::minutes;

const kube::ObjectMeta kParent{.name = "churn", .ns = "ml", .uid = "p1", .resource_version = "10"};

json::Value object(const char* owner_uid = "p1") {
  json::Object metadata{{"name", "x"}, {"labels", json::Object{{"app.kubernetes.io/managed-by", "millrace"}}}};
  if (owner_uid != nullptr) metadata["ownerReferences"] = json::Array{json::Object{{"uid", owner_uid}, {"controller", true}}};
  return json::Object{{"metadata", std::move(metadata)}, {"spec", json::Object{{"a", 1}}}};
}

kube::ObjectMeta live_meta(std::string owner_uid = "p1") {
  kube::ObjectMeta out{
      .name = "x", .ns = "ml", .uid = "u1", .resource_version = "7", .labels = {{"app.kubernetes.io/managed-by", "millrace"}}};
  if (!owner_uid.empty()) out.owners = {{.kind = "InferenceService", .name = "other", .uid = std::move(owner_uid), .controller = true}};
  return out;
}

Child child(Keep keep) { return {.kind = &kube::resources::kDeployment, .name = "x", .keep = keep, .desired = object()}; }

std::vector<Write> planned(const Child& c, const Live& live) {
  const std::vector<Child> children{c};
  return writes({.kind = &kube::resources::kInferenceService, .parent = &kParent, .children = &children},
                [&](const kube::Resource&, std::string_view, const json::Value*) { return live; });
}

TEST(Writes, FirstContactOfEachClassOfChild) {
  struct Row {
    Keep keep;
    How how;
  };
  for (const Row& row : {Row{Keep::CreatedOnce, How::Create}, Row{Keep::Frozen, How::Create}, Row{Keep::Living, How::Apply}}) {
    const auto out = planned(child(row.keep), {});
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(out[0].how, row.how);
    EXPECT_EQ(out[0].uid, "");
  }
}

TEST(Writes, AFrozenChildIsCreatedWithItsCountAndOurAnnotations) {
  Child c = child(Keep::Frozen);
  c.replicas = 3;
  c.own_annotations = {{"millrace.dev/role", "canary"}, {"millrace.dev/gone", ""}};
  const json::Value body = planned(c, {}).at(0).body;
  EXPECT_EQ(body.at({"spec", "replicas"})->integer(), 3);
  EXPECT_EQ(body.text_at({"metadata", "annotations", "millrace.dev/role"}), "canary");
  EXPECT_EQ(body.at({"metadata", "annotations", "millrace.dev/gone"}), nullptr);
  EXPECT_EQ(body.text_at({"metadata", "annotations", kube::kAppliedAnnotation}),
            kube::with_applied_hash(c.desired).text_at({"metadata", "annotations", kube::kAppliedAnnotation}));
}

TEST(Writes, NothingIsWrittenThatIsAlreadySo) {
  const kube::ObjectMeta meta = live_meta();
  for (const Keep keep : {Keep::CreatedOnce, Keep::Frozen, Keep::Living}) {
    EXPECT_TRUE(planned(child(keep), {.meta = &meta, .covered = true}).empty());
  }
}

TEST(Writes, ACreatedOnceChildIsNeverAppliedAgain) {
  const kube::ObjectMeta meta = live_meta();
  EXPECT_TRUE(planned(child(Keep::CreatedOnce), {.meta = &meta, .covered = false}).empty());
}

TEST(Writes, DriftIsRepairedByForceWithUidAndVersion) {
  const kube::ObjectMeta meta = live_meta();
  for (const Keep keep : {Keep::Frozen, Keep::Living}) {
    const auto out = planned(child(keep), {.meta = &meta, .covered = false});
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(out[0].how, How::Force);
    EXPECT_EQ(out[0].uid, "u1");
    EXPECT_EQ(out[0].resource_version, "7");
  }
}

TEST(Writes, CountsGoThroughScaleOnly) {
  const kube::ObjectMeta meta = live_meta();
  Child c = child(Keep::Frozen);
  c.replicas = 4;
  const auto out = planned(c, {.meta = &meta, .replicas = 2, .covered = true});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].how, How::Scale);
  EXPECT_EQ(out[0].body.integer(), 4);
  EXPECT_TRUE(planned(c, {.meta = &meta, .replicas = 4, .covered = true}).empty());
}

TEST(Writes, OurAnnotationsAreSetAndRemovedByPatch) {
  kube::ObjectMeta meta = live_meta();
  meta.annotations = {{"millrace.dev/role", "stable"}, {"millrace.dev/old", "x"}};
  Child c = child(Keep::CreatedOnce);
  c.own_annotations = {{"millrace.dev/role", "retired"}, {"millrace.dev/old", ""}, {"millrace.dev/none", ""}};
  const auto out = planned(c, {.meta = &meta});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].how, How::Annotate);
  EXPECT_EQ(json::dump(out[0].body), R"({"metadata":{"annotations":{"millrace.dev/old":null,"millrace.dev/role":"retired"}}})");
}

TEST(Writes, ALostManagedByLabelIsRepaired) {
  kube::ObjectMeta meta = live_meta();
  meta.labels.clear();
  const auto out = planned(child(Keep::CreatedOnce), {.meta = &meta});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(json::dump(out[0].body), R"({"metadata":{"labels":{"app.kubernetes.io/managed-by":"millrace"}}})");
}

TEST(Writes, AForeignObjectIsNotTouched) {
  for (const char* owner : {"p2", ""}) {
    const kube::ObjectMeta meta = live_meta(owner);
    for (const Keep keep : {Keep::CreatedOnce, Keep::Frozen, Keep::Living}) {
      const auto out = planned(child(keep), {.meta = &meta});
      ASSERT_EQ(out.size(), 1u);
      EXPECT_EQ(out[0].how, How::Taken);
      EXPECT_NE(out[0].why.find(*owner ? "InferenceService other" : "not controlled by churn"), std::string::npos) << out[0].why;
    }
  }
}

TEST(Writes, AnObjectWithoutAControllerIsAdoptedOnItsOwnersWordAlone) {
  kube::ObjectMeta meta = live_meta("");
  meta.annotations = {{std::string(kAdoptAnnotation), "churn"}};
  for (const Keep keep : {Keep::CreatedOnce, Keep::Frozen, Keep::Living}) {
    const auto out = planned(child(keep), {.meta = &meta});
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(out[0].how, How::Force);
    EXPECT_EQ(out[0].uid, "u1");
    EXPECT_EQ(out[0].resource_version, "7");
    EXPECT_EQ(out[0].body.at({"metadata", "ownerReferences"})->array()->at(0).text_at({"uid"}), "p1");
    EXPECT_EQ(out[0].body.at({"spec"}) == nullptr, keep == Keep::CreatedOnce);
  }
}

TEST(Writes, NobodyElseIsAdopted) {
  const std::string word(kAdoptAnnotation);
  kube::ObjectMeta other = live_meta(""), controlled = live_meta("p2");
  other.annotations = {{word, "churn2"}};
  controlled.annotations = {{word, "churn"}};
  for (const kube::ObjectMeta& meta : {other, controlled}) {
    for (const Keep keep : {Keep::CreatedOnce, Keep::Frozen, Keep::Living}) {
      EXPECT_EQ(planned(child(keep), {.meta = &meta}).at(0).how, How::Taken);
    }
  }
  kube::ObjectMeta version = live_meta("");  // a child without an owner is told by its labels: no word makes it another run's
  version.annotations = {{word, "churn"}};
  Child c = child(Keep::CreatedOnce);
  c.desired = object(nullptr);
  (*c.desired.object()->find("metadata")->object()->find("labels")->object())["millrace.dev/run-id"] = "p1-3";
  EXPECT_EQ(planned(c, {.meta = &version}).at(0).how, How::Taken);
}

TEST(Writes, WithoutAControllerTheLabelsTellWhoseItIs) {
  kube::ObjectMeta meta = live_meta("");
  Child c = child(Keep::CreatedOnce);
  c.desired = object(nullptr);
  EXPECT_TRUE(planned(c, {.meta = &meta}).empty());
  (*c.desired.object()->find("metadata")->object()->find("labels")->object())["millrace.dev/run-id"] = "p1-3";
  EXPECT_EQ(planned(c, {.meta = &meta}).at(0).how, How::Taken);
}

TEST(Writes, AnObjectThatIsGoingIsWaitedFor) {
  kube::ObjectMeta meta = live_meta();
  meta.deletion = core::Instant{};
  EXPECT_TRUE(planned(child(Keep::Living), {.meta = &meta}).empty());
}

TEST(Writes, ADeletionNeedsTheObjectThatThePlannerSaw) {
  const kube::ObjectMeta meta = live_meta();
  const auto deletes_of = [&](const char* uid) {
    const std::vector<Deletion> deletes{{&kube::resources::kDeployment, "x", uid, "7"}};
    return writes({.kind = &kube::resources::kInferenceService, .parent = &kParent, .deletes = &deletes},
                  [&](const kube::Resource&, std::string_view, const json::Value*) { return Live{.meta = &meta}; });
  };
  ASSERT_EQ(deletes_of("u1").size(), 1u);
  EXPECT_EQ(deletes_of("u1")[0].resource_version, "7");
  EXPECT_TRUE(deletes_of("u0").empty());
}

TEST(Writes, LanesComeInOrder) {
  const std::vector<Child> traffic{child(Keep::Living)}, children{child(Keep::Frozen)};
  const std::vector<Deletion> deletes{{&kube::resources::kJob, "x", "u1", "7"}};
  const json::Value status = json::Object{{"phase", "Serving"}};
  const kube::ObjectMeta meta = live_meta();
  kube::ObjectMeta parent = kParent;
  parent.finalizers = {"millrace.dev/old"};
  const std::vector<Finalizer> finalizers{{"millrace.dev/new", true}, {"millrace.dev/old", false}};
  const auto out = writes({&kube::resources::kInferenceService, &parent, &status, &finalizers, &traffic, &children, &deletes},
                          [&](const kube::Resource& kind, std::string_view, const json::Value&) {
                            return kind == kube::resources::kJob ? Live{.meta = &meta} : Live{};
                          });
  std::vector<Lane> lanes;
  for (const Write& write : out) lanes.push_back(write.lane);
  EXPECT_EQ(lanes, (std::vector{Lane::Hold, Lane::Status, Lane::Traffic, Lane::Children, Lane::Delete, Lane::Release}));
}

TEST(Writes, FinalizersOfOthersStayAndWhatGoesTakesNoNewOnes) {
  struct Row {
    const char* name;
    std::vector<std::string> live;
    bool deleting;
    std::vector<Finalizer> wanted;
    std::vector<std::string> bodies;
  };
  const Row rows[] = {
      {"nothing is planned", {"a"}, false, {}, {}},
      {"it is so", {"x", "a"}, false, {{"a", true}, {"b", false}}, {}},
      {"added behind", {"x"}, false, {{"a", true}}, {R"(["x","a"])"}},
      {"removed from between", {"x", "a", "y"}, false, {{"a", false}}, {R"(["x","y"])"}},
      {"the last goes", {"a"}, true, {{"a", false}}, {"[]"}},
      {"one comes, then one goes", {"b"}, false, {{"a", true}, {"b", false}}, {R"(["b","a"])", R"(["a"])"}},
      {"none comes while it is deleted", {"b"}, true, {{"a", true}, {"b", false}}, {"[]"}},
  };
  for (const Row& row : rows) {
    kube::ObjectMeta parent = kParent;
    parent.finalizers = row.live;
    if (row.deleting) parent.deletion = core::Instant{};
    const auto out = writes({.kind = &kube::resources::kModelVersion, .parent = &parent, .finalizers = &row.wanted},
                            [](const kube::Resource&, std::string_view, const json::Value*) { return Live{}; });
    ASSERT_EQ(out.size(), row.bodies.size()) << row.name;
    for (std::size_t i = 0; i < out.size(); ++i) {
      EXPECT_EQ(out[i].how, How::Finalize) << row.name;
      EXPECT_EQ(out[i].uid + "@" + out[i].resource_version, "p1@10") << row.name;
      EXPECT_EQ(json::dump(out[i].body), R"({"metadata":{"finalizers":)" + row.bodies[i] + "}}") << row.name;
    }
  }
}

TEST(GoesOn, Table) {
  constexpr Lane kAll[] = {Lane::Hold, Lane::Status, Lane::Traffic, Lane::Children, Lane::Delete, Lane::Release};
  constexpr bool kExpected[6][6] = {{false, true, false, false, false, false}, {false, false, false, false, false, false},
                                    {true, true, true, true, false, false},    {true, true, true, true, false, false},
                                    {true, true, true, true, true, false},     {true, true, true, true, true, true}};
  for (int failed = 0; failed < 6; ++failed) {
    for (int next = 0; next < 6; ++next) EXPECT_EQ(goes_on(kAll[failed], kAll[next]), kExpected[failed][next]) << failed << next;
  }
}

TEST(RetryAt, OneTwoFourEightFifteenMinutesApart) {
  const core::Instant at{std::chrono::seconds(1'000'000)};
  const int after[] = {1, 3, 7, 15, 30, 45, 60};
  for (int times = 1; times <= 7; ++times) EXPECT_EQ(retry_at({.at = at, .times = times}), at + minutes(after[times - 1])) << times;
}

}  // namespace
}  // namespace millrace::plan
