#include <gtest/gtest.h>

#include "engine/store.h"
#include "kube/model/children.h"
#include "kube/model/workloads.h"

namespace millrace::engine {
namespace {

struct Made {
  std::string name = "x", uid = "u1", version = "5", owner{}, extra{};
};
std::string job(const Made& m) {
  const std::string owners =
      m.owner.empty() ? ""
                      : R"(,"ownerReferences":[{"apiVersion":"v1","kind":"K","name":"o","uid":")" + m.owner + R"(","controller":true}])";
  return R"({"metadata":{"name":")" + m.name + R"(","namespace":"ml","uid":")" + m.uid + R"(","resourceVersion":")" + m.version +
         R"(","labels":{"run":"7"})" + owners + "}" + m.extra + "}";
}
Store jobs() { return Store({kind_of<kube::Job>("", true, {"run"})}); }
const kube::ObjectKey kX{"ml", "x"};

Change put(const Made& m) { return {.what = Change::What::Put, .objects = {job(m)}}; }
Change gone(const Made& m) { return {.what = Change::What::Gone, .objects = {job(m)}}; }
Change all(std::string version, std::vector<Made> made) {
  Change out{.what = Change::What::Replace, .resource_version = std::move(version)};
  for (const Made& m : made) out.objects.push_back(job(m));
  return out;
}
bool has(const Store::Moved& moved, const Topic& topic) {
  return std::find(moved.topics.begin(), moved.topics.end(), topic) != moved.topics.end();
}

TEST(Store, AnOlderOrEqualVersionChangesNothing) {
  Store s = jobs();
  EXPECT_FALSE(s.apply(0, put({.version = "10"})).topics.empty());
  EXPECT_TRUE(s.apply(0, put({.version = "9"})).topics.empty());
  EXPECT_TRUE(s.apply(0, put({.version = "10"})).topics.empty());
  EXPECT_EQ(s.find(0, kX)->meta->resource_version, "10");
}

TEST(Store, TopicsAreThoseOfTheOldAndOfTheNewObject) {
  Store s = jobs();
  (void)s.apply(0, put({.version = "1", .owner = "a"}));
  const auto moved = s.apply(0, put({.version = "2", .owner = "b"}));
  for (const Topic& t :
       {key_topic(0, kX), owner_topic(0, "a"), owner_topic(0, "b"), label_topic(0, "ml", "run", "7"), namespace_topic(0, "ml")}) {
    EXPECT_TRUE(has(moved, t)) << t.what;
  }
  EXPECT_TRUE(s.owned(0, "a").empty());
  EXPECT_EQ(s.owned(0, "b").size(), 1u);
  EXPECT_EQ(s.labelled(0, "ml", "run", "7").size(), 1u);
  EXPECT_EQ(s.list(0, "ml").size(), 1u);
  EXPECT_TRUE(s.list(0, "m").empty());
}

struct Grouped : kube::Job {
  std::string_view group() const { return meta.labels.at("run"); }
};

TEST(Store, AGroupHoldsTheObjectsThatNameItAndNoOtherNamespaces) {
  Store s({kind_of<Grouped>()});
  const auto moved = s.apply(0, put({.version = "1"}));
  EXPECT_TRUE(has(moved, group_topic(0, "ml", "7")));
  EXPECT_FALSE(has(moved, group_topic(0, "ml", "8")));
  EXPECT_EQ(s.grouped(0, "ml", "7").size(), 1u);
  EXPECT_TRUE(s.grouped(0, "ml", "8").empty());
  EXPECT_TRUE(s.grouped(0, "other", "7").empty());
  (void)s.apply(0, gone({.version = "2"}));
  EXPECT_TRUE(s.grouped(0, "ml", "7").empty());
}

TEST(Store, WhatIsFoundComesByName) {
  Store s({kind_of<Grouped>()});
  for (const char* name : {"b", "c", "a"}) (void)s.apply(0, put({.name = name, .uid = name, .version = "1"}));
  (void)s.apply(0, put({.name = "b", .uid = "b", .version = "2"}));
  std::string found;
  for (const auto& object : s.grouped(0, "ml", "7")) found += static_cast<const Grouped*>(object.get())->meta.name;
  EXPECT_EQ(found, "abc");
}

struct Peer : kube::Job {
  std::string_view group() const { return meta.labels.at("run"); }
  std::int64_t in_group() const { return status.active; }
};

TEST(Store, ReadersOfAGroupAreToldWhenWhatTheySeeChanges) {
  Store s({kind_of<Peer>()});
  const Topic group = group_topic(0, "ml", "7");
  const auto put_active = [&](const char* name, const char* version, const char* active) {
    return s.apply(0, put({.name = name, .uid = name, .version = version, .extra = R"(,"status":{"active":)" + std::string(active) + "}"}));
  };
  EXPECT_TRUE(has(put_active("x", "1", "1"), group)) << "it came";
  const auto same = put_active("x", "2", "1");
  EXPECT_FALSE(has(same, group));
  EXPECT_TRUE(has(same, key_topic(0, kX)) && has(same, namespace_topic(0, "ml"))) << "those who see all of it";
  EXPECT_TRUE(has(put_active("x", "3", "2"), group));
  EXPECT_TRUE(has(s.apply(0, gone({.uid = "x", .version = "4"})), group));
  (void)put_active("x", "5", "1");
  const auto relisted = s.apply(0, all("9", {{.name = "x", .uid = "x", .version = "6", .extra = R"(,"status":{"active":1})"},
                                             {.name = "y", .uid = "y", .version = "7"}}));
  EXPECT_TRUE(has(relisted, group)) << "of one of a list it is the same, the other came";
}

TEST(Store, BearersOfALabelAreFoundInEveryNamespace) {
  Store s = jobs();
  (void)s.apply(0, put({.version = "1"}));
  (void)s.apply(0, put({.name = "y", .uid = "u2", .version = "2"}));
  EXPECT_EQ(s.everywhere(0, "run").size(), 2u);
  EXPECT_TRUE(s.everywhere(0, "walk").empty());
}

TEST(Store, AListComputesDeletionsButKeepsWhatIsNewer) {
  Store s = jobs();
  (void)s.apply(0, put({.name = "old", .uid = "u0", .version = "5"}));
  (void)s.apply(0, put({.name = "ours", .uid = "u2", .version = "30"}));  // our own write, after the list was made
  (void)s.apply(0, all("20", {{.version = "12"}}));
  EXPECT_EQ(s.find(0, {"ml", "old"}), nullptr);
  EXPECT_NE(s.find(0, {"ml", "ours"}), nullptr);
  EXPECT_NE(s.find(0, kX), nullptr);
}

TEST(Store, AnotherUidIsADeletionAndACreation) {
  Store s = jobs();
  (void)s.apply(0, put({.uid = "u1", .version = "5", .owner = "a"}));
  (void)s.apply(0, put({.uid = "u2", .version = "9", .owner = "b"}));
  EXPECT_EQ(s.find(0, kX)->meta->uid, "u2");
  EXPECT_TRUE(s.owned(0, "a").empty());
  (void)s.apply(0, gone({.uid = "u1", .version = "8"}));  // late news of the first
  EXPECT_NE(s.find(0, kX), nullptr);
}

TEST(Store, AConfirmedDeletionIsFinalForItsUid) {
  Store s = jobs();
  (void)s.apply(0, put({.version = "5"}));
  EXPECT_FALSE(s.gone(0, kX, "u1").topics.empty());
  (void)s.apply(0, put({.version = "6"}));  // the watch is behind
  EXPECT_EQ(s.find(0, kX), nullptr);
  (void)s.apply(0, all("6", {{.version = "6"}}));
  EXPECT_EQ(s.find(0, kX), nullptr);
  (void)s.apply(0, put({.uid = "u2", .version = "9"}));
  EXPECT_NE(s.find(0, kX), nullptr);
}

TEST(Store, AnObjectThatDoesNotDecodeDoesNotStopTheOthers) {
  Store s = jobs();
  (void)s.apply(0, put({.name = "bad", .uid = "u9", .version = "1"}));
  Change change = all("20", {{.version = "12"}});
  change.objects.insert(change.objects.begin(),
                        job({.name = "bad", .uid = "u9", .version = "13", .extra = R"(,"spec":{"suspend":"maybe"})"}));
  const auto moved = s.apply(0, change);
  ASSERT_EQ(moved.undecodable.size(), 1u);
  EXPECT_EQ(moved.undecodable[0].first, (kube::ObjectKey{"ml", "bad"}));
  EXPECT_EQ(s.find(0, {"ml", "bad"}), nullptr);
  EXPECT_NE(s.find(0, kX), nullptr);
  ASSERT_NE(s.find_unreadable(0, {"ml", "bad"}), nullptr);
  EXPECT_EQ(s.find_unreadable(0, {"ml", "bad"})->why, "spec.suspend: must be true or false, not \"maybe\"");
}

TEST(Store, AnUnreadableObjectIsKeptApartUntilItIsMendedOrGone) {
  const std::string broken = R"(,"spec":{"suspend":"maybe"},"status":{"active":1})";
  Store s = jobs();
  (void)s.apply(0, put({.version = "5", .owner = "a"}));
  const auto moved = s.apply(0, put({.version = "7", .owner = "a", .extra = broken}));
  EXPECT_TRUE(has(moved, owner_topic(0, "a")));
  EXPECT_TRUE(s.owned(0, "a").empty());
  const Unreadable* seen = s.find_unreadable(0, kX);
  ASSERT_NE(seen, nullptr);
  EXPECT_EQ(seen->meta, (kube::ObjectMeta{.name = "x", .ns = "ml", .uid = "u1", .resource_version = "7"}));
  EXPECT_EQ(json::dump(seen->status), R"({"active":1})");
  EXPECT_TRUE(s.apply(0, put({.version = "6"})).keys.empty());  // late news of the readable one
  EXPECT_TRUE(s.apply(0, put({.version = "7", .extra = broken})).undecodable.empty());
  (void)s.apply(0, put({.version = "8"}));
  EXPECT_EQ(s.find_unreadable(0, kX), nullptr);
  EXPECT_NE(s.find(0, kX), nullptr);
  (void)s.apply(0, put({.version = "9", .extra = broken}));
  EXPECT_EQ(s.apply(0, gone({.version = "10"})).keys, std::vector<kube::ObjectKey>{kX});
  EXPECT_EQ(s.find_unreadable(0, kX), nullptr);
  (void)s.apply(0, put({.version = "11", .extra = broken}));
  (void)s.apply(0, all("20", {}));
  EXPECT_EQ(s.find_unreadable(0, kX), nullptr);
}

TEST(Store, AConfirmedDeletionOfAnUnreadableObjectIsFinalToo) {
  Store s = jobs();
  (void)s.apply(0, put({.version = "5", .extra = R"(,"spec":7)"}));
  EXPECT_FALSE(s.gone(0, kX, "u1").keys.empty());
  (void)s.apply(0, put({.version = "6", .extra = R"(,"spec":7)"}));
  EXPECT_EQ(s.find_unreadable(0, kX), nullptr);
}

TEST(Unreadable, IsIdentifiedWhateverTheRestOfItsMetadataIs) {
  const std::string object = R"({"metadata":{"labels":7,"annotations":{"a":"\xff"},"name":"x","namespace":"ml","uid":"u",)"
                             R"("resourceVersion":"12","generation":3,"deletionTimestamp":"2026-01-01T00:00:00Z"},"spec":[]})";
  EXPECT_EQ(identity_of(object), (kube::ObjectMeta{.name = "x",
                                                   .ns = "ml",
                                                   .uid = "u",
                                                   .resource_version = "12",
                                                   .generation = 3,
                                                   .deletion = *core::parse_rfc3339("2026-01-01T00:00:00Z")}));
  EXPECT_EQ(identity_of("[]"), kube::ObjectMeta{});
  EXPECT_TRUE(unreadable(object, "why").status.is_null());
}

TEST(Store, AVerdictIsReachedOnceAndOutlivesChangesOfStatus) {
  Store s = jobs();
  const json::Value desired = json::Object{{"metadata", json::Object{{"name", "x"}}}, {"spec", json::Object{{"parallelism", 2}}}};
  const std::string hash = kube::applied_hash(desired);
  const auto live = [&](const char* version, int parallelism, const char* status) {
    return R"({"metadata":{"name":"x","namespace":"ml","uid":"u1","resourceVersion":")" + std::string(version) + R"(","annotations":{")" +
           std::string(kube::kAppliedAnnotation) + R"(":")" + hash + R"("}},"spec":{"parallelism":)" + std::to_string(parallelism) +
           R"(},"status":{"active":)" + status + "}}";
  };
  (void)s.put(0, live("1", 2, "0"));
  ASSERT_TRUE(s.find(0, kX)->raw);
  EXPECT_TRUE(s.judge(0, kX, desired).covered);
  EXPECT_FALSE(s.find(0, kX)->raw);  // eight bytes are kept
  (void)s.put(0, live("2", 2, "1"));
  EXPECT_FALSE(s.find(0, kX)->raw);
  EXPECT_TRUE(s.judge(0, kX, desired).covered);
  json::Value in_bytes = desired;
  (*in_bytes.object())["spec"] = json::Text{R"({"parallelism":2})"};
  Store fresh = jobs();
  (void)fresh.put(0, live("2", 2, "1"));
  EXPECT_TRUE(fresh.judge(0, kX, in_bytes).covered) << "bytes are looked into here alone";
  (void)fresh.put(0, live("3", 5, "1"));
  EXPECT_NE(fresh.judge(0, kX, in_bytes).difference.find("parallelism"), std::string::npos);
  (void)s.put(0, live("3", 5, "1"));
  const Verdict drift = s.judge(0, kX, desired);
  EXPECT_FALSE(drift.covered);
  EXPECT_NE(drift.difference.find("parallelism"), std::string::npos) << drift.difference;
}

TEST(Readers, WhatIsNoLongerReadNoLongerWakes) {
  using All = std::vector<Who>;
  Readers r;
  const Who churn{0, {"ml", "churn"}}, shop{1, {"ml", "shop"}}, other{0, {"ml", "other"}};
  const Topic a = key_topic(0, kX), b = owner_topic(0, "u"), c = installed_topic(1);
  r.note(churn, {a, b});
  r.note(shop, {b});
  r.note(churn, {b, c});
  EXPECT_EQ(r.of(a), All{});
  EXPECT_EQ(r.of(b), (All{churn, shop}));
  EXPECT_EQ(r.of(c), All{churn});
  r.note(churn, {});
  r.note(other, {a});  // in the place of the one that is gone
  EXPECT_EQ(r.of(b), All{shop});
  EXPECT_EQ(r.of(c), All{});
  EXPECT_EQ(r.of(a), All{other});
  EXPECT_EQ(r.count(), 2U);
  r.note(churn, {});
  EXPECT_EQ(r.count(), 2U);
}

TEST(Readers, TopicsOfOneNameAreOfTheirKindAndSort) {
  const std::set<Topic> all{key_topic(0, kX),
                            key_topic(1, kX),
                            owner_topic(0, kX.name),
                            label_topic(0, kX.ns, "a", kX.name),
                            group_topic(0, kX.ns, kX.name),
                            namespace_topic(0, kX.ns),
                            installed_topic(0)};
  EXPECT_EQ(all.size(), 7U);
}

TEST(Store, WithoutTheApiOfAKindNothingOfItIsLeft) {
  Store s = jobs();
  (void)s.apply(0, all("9", {{.version = "8"}}));
  EXPECT_TRUE(s.installed(0));
  const auto vanished = s.apply(0, {.what = Change::What::Replace, .installed = false});
  EXPECT_FALSE(s.installed(0));
  EXPECT_EQ(s.find(0, kX), nullptr);
  EXPECT_TRUE(has(vanished, installed_topic(0)) && has(vanished, key_topic(0, kX)));
  const auto back = s.apply(0, all("20", {{.uid = "u2", .version = "19"}}));
  EXPECT_TRUE(s.installed(0));
  EXPECT_TRUE(has(back, installed_topic(0)));
  EXPECT_FALSE(has(s.apply(0, all("21", {})), installed_topic(0))) << "only when it changes";
}

std::string marked(std::string object, const std::string& mark) { return object.insert(object.find(R"(,"labels")"), mark); }

TEST(Store, TellsWhatItHoldsAndNothingOnceItIsEmpty) {
  Store s = jobs();
  EXPECT_EQ(s.bytes(0), 0u);
  (void)s.apply(0, put({.version = "1", .owner = "a"}));
  const std::size_t one = s.bytes(0);
  EXPECT_GT(one, sizeof(kube::Job));
  (void)s.apply(0, put({.name = "another-one-with-a-name-that-is-longer", .uid = "u2", .version = "2", .owner = "a"}));
  EXPECT_GT(s.bytes(0), 2 * one);
  const json::Value desired = json::Object{{"metadata", json::Object{}}};
  const std::string mark =
      R"(,"annotations":{")" + std::string(kube::kAppliedAnnotation) + R"(":")" + kube::applied_hash(desired) + R"("})";
  (void)s.apply(0, {.what = Change::What::Put, .objects = {marked(job({.version = "3", .owner = "a"}), mark)}});
  const std::size_t before = s.bytes(0);
  EXPECT_TRUE(s.judge(0, kX, desired).covered);
  EXPECT_LT(s.bytes(0), before) << "the bytes that were judged are gone";
  (void)s.apply(0, all("9", {}));
  EXPECT_EQ(s.bytes(0), 0u);
  EXPECT_EQ(s.count(0), 0u);
}

}  // namespace
}  // namespace millrace::engine
