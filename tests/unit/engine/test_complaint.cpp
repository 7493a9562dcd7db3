#include <gtest/gtest.h>

#include "engine/complaint.h"
#include "kube/model/condition_json.h"

namespace millrace::engine {
namespace {

const core::Instant kNow = *core::parse_rfc3339("2026-05-01T12:00:00Z");
const core::Instant kLater = kNow + std::chrono::hours(1);
const kube::ObjectMeta kMeta{.name = "churn", .ns = "ml", .uid = "p1", .resource_version = "10", .generation = 4};
constexpr const kube::Resource& kKind = kube::resources::kInferenceService;

TEST(Complaint, NamesWhatDiffersAndNothingElse) {
  const json::Value status = json::Object{{"phase", "Serving"}, {"stable", json::Object{{"version", "churn-v1"}}}, {"message", "m"}};
  const auto write = complaint(kKind, kMeta, status, {{"phase", "Invalid"}, {"message", "m"}});
  ASSERT_TRUE(write);
  EXPECT_EQ(json::dump(write->body), R"({"phase":"Invalid"})");
  EXPECT_EQ(write->how, plan::Write::How::MergeStatus);
  EXPECT_EQ(write->resource_version, "10");
  EXPECT_FALSE(complaint(kKind, kMeta, json::merge_patch(status, write->body), {{"phase", "Invalid"}, {"message", "m"}}));
}

TEST(Complaint, IsSaidOfAnObjectThatIsHeldWhileItGoes) {
  kube::ObjectMeta going = kMeta;
  going.deletion = kNow;
  EXPECT_TRUE(complaint(kKind, going, {}, {{"phase", "Invalid"}}));
}

TEST(InternalError, IsAConditionBesideTheOthersAndTheSameAnHourLater) {
  const kube::Condition ready{
      .type = "Ready", .status = "True", .observed_generation = 3, .last_transition = kNow, .reason = "Serving", .message = "v1 serves"};
  const json::Value status = json::Object{{"conditions", kube::to_json({ready})}, {"message", "v1 serves"}};
  const json::Object told = internal_error(status, 4, "engine/x.cpp:1: a == b", kNow);
  const kube::Conditions conditions = kube::conditions_of(told);
  ASSERT_EQ(conditions.size(), 2u);
  EXPECT_EQ(conditions[0], ready);
  EXPECT_EQ(conditions[1], (kube::Condition{.type = "InternalError",
                                            .status = "True",
                                            .observed_generation = 4,
                                            .last_transition = kNow,
                                            .reason = "InternalError",
                                            .message = "engine/x.cpp:1: a == b"}));
  EXPECT_EQ(internal_error(told, 4, "engine/x.cpp:1: a == b", kLater), told);
}

TEST(InternalError, OfAnyLengthAndBytesFitsAStatus) {
  const json::Object told = internal_error({}, 1, std::string(5000, '\xff'), kNow);
  EXPECT_LE(told.find("message")->text()->size(), 1024u);
}

}  // namespace
}  // namespace millrace::engine
