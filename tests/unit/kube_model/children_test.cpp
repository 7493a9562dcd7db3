#include "kube/model/children.h"

#include <gtest/gtest.h>

#include "core/check.h"
#include "core/hash.h"

namespace millrace::kube {
namespace {

TEST(LabelValue, KeepsWhatFits) {
  for (const char* fit : {"", "a", "model-1.2_x", "Z9"}) EXPECT_EQ(label_value(fit), fit);
  EXPECT_EQ(label_value(std::string(63, 'a')), std::string(63, 'a'));
}

TEST(LabelValue, EncodesTheRestWithAHash) {
  struct Case {
    std::string text, head;
  };
  for (const auto& [text, head] : {Case{std::string(64, 'a'), std::string(40, 'a') + "-"}, Case{"sha256:abc", "sha256abc-"},
                                   Case{"-a", "a-"}, Case{"a-", "a--"}, Case{"\xc3\xa4", ""}, Case{"a b\n", "ab-"}, Case{"...", ""}}) {
    const std::string got = label_value(text);
    EXPECT_EQ(got, head + core::sha256_hex(text).substr(0, 12));
    EXPECT_EQ(label_value(got), got) << "the result is a label value itself";
  }
}

TEST(ChildName, KeepsShortNames) { EXPECT_EQ(child_name("churn-r1-a1", "uid", 63), "churn-r1-a1"); }

TEST(ChildName, ShortensByParentAndWish) {
  const std::string wanted = std::string(50, 'a') + "-" + std::string(20, 'b');
  const std::string one = child_name(wanted, "uid-1"), other = child_name(wanted, "uid-2"), again = child_name(wanted + "c", "uid-1");
  EXPECT_EQ(one.size(), 63U);
  EXPECT_EQ(one.substr(0, 52), wanted.substr(0, 52));
  EXPECT_NE(one, other);
  EXPECT_NE(one, again);
  EXPECT_EQ(one, child_name(wanted, "uid-1"));
}

TEST(ChildName, NeverDoublesTheDash) { EXPECT_EQ(child_name("abcd-efghijklmnopqrst", "u", 16).substr(0, 5), "abcd-"); }

Parent a_parent() { return {.resource = &resources::kTrainingJob, .meta = {.name = "churn", .ns = "shop", .uid = "u-1"}}; }

TEST(ChildObject, NamesItsOwnerAndManager) {
  const json::Value child = child_object(resources::kJob, a_parent(), "churn-r1", {{"a", "b"}});
  EXPECT_EQ(
      json::dump(child),
      R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"labels":{"a":"b","app.kubernetes.io/managed-by":"millrace"},"name":"churn-r1","namespace":"shop",)"
      R"("ownerReferences":[{"apiVersion":"millrace.dev/v1alpha1","blockOwnerDeletion":false,"controller":true,"kind":"TrainingJob","name":"churn","uid":"u-1"}]}})");
}

TEST(ChildObject, RefusesAParentWithoutIdentity) {
  Parent nobody = a_parent();
  nobody.meta.uid.clear();
  EXPECT_THROW(child_object(resources::kJob, nobody, "x", {}), core::Bug);
}

TEST(AppliedHash, IsTheHashOfTheRest) {
  const json::Value plain = child_object(resources::kJob, a_parent(), "x", {}, {{"note", "1"}});
  const json::Value marked = with_applied_hash(plain);
  EXPECT_EQ(marked.text_at({"metadata", "annotations", "millrace.dev/applied"}), json::hash(plain));
  EXPECT_EQ(marked.text_at({"metadata", "annotations", "note"}), "1");
  EXPECT_EQ(with_applied_hash(marked), marked);
}

TEST(AppliedHash, IsWhatTheAnnotationSays) {
  const json::Value bare = child_object(resources::kJob, a_parent(), "x", {});
  json::Object empty = *bare.object(), nameless;
  (*empty.find("metadata")->object())["annotations"] = json::Object{};
  nameless["spec"] = json::Object{{"parallelism", 2}};
  const json::Value noted = child_object(resources::kJob, a_parent(), "x", {}, {{"note", "1"}});
  for (const json::Value& desired : {bare, json::Value(empty), json::Value(nameless), noted, with_applied_hash(noted)}) {
    EXPECT_EQ(applied_hash(desired), with_applied_hash(desired).text_at({"metadata", "annotations", kAppliedAnnotation}))
        << json::dump(desired);
  }
}

TEST(AppliedHash, MovesWhenAFieldIsRemoved) {
  json::Object full = child_object(resources::kJob, a_parent(), "x", {});
  json::Object less = full;
  full["spec"] = json::Object{{"nodeSelector", json::Object{{"disk", "ssd"}}}};
  less["spec"] = json::Object{};
  const json::Value live = with_applied_hash(full), desired = with_applied_hash(less);
  EXPECT_TRUE(covers(live, live));
  EXPECT_TRUE(covers(live, less)) << "without the hash a removal is not seen";
  EXPECT_FALSE(covers(live, desired));
}

}  // namespace
}  // namespace millrace::kube
