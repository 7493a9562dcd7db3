#include "shared/rejection.h"

#include <gtest/gtest.h>

#include "kube/model/condition_json.h"

namespace millrace::shared {
namespace {

const core::Instant kNow = *core::parse_rfc3339("2026-05-01T12:00:00Z");
const std::string kWhy = "spec.rollout.bake: must be a duration such as 90s or 1h30m, not \"soon\"";

std::string status_of(const json::Value& status, std::string_view type) {
  const kube::Conditions all = kube::conditions_of(status);
  const kube::Condition* c = kube::find(all, type);
  return c == nullptr ? "" : c->status + " " + c->reason + " " + c->message;
}

TEST(Rejection, TellsAnInvalidSpecAsTheTableOfSituationsSaysIt) {
  const json::Value told = rejection({}, 3, kWhy, kNow);
  EXPECT_EQ(told.text_at({"phase"}), "Invalid");
  EXPECT_EQ(told.text_at({"result"}), "Invalid");
  EXPECT_EQ(told.text_at({"message"}), kWhy);
  EXPECT_EQ(told.at({"observedGeneration"})->integer(), 3);
  EXPECT_EQ(json::dump(*told.at({"settled"})), R"({"at":"2026-05-01T12:00:00Z","generation":3,"result":"Invalid"})");
  EXPECT_EQ(status_of(told, "Accepted"), "False Invalid " + kWhy);
  EXPECT_EQ(status_of(told, "Ready"), "False Invalid " + kWhy);
  EXPECT_EQ(status_of(told, "Reconciling"), "False Invalid " + kWhy);
  EXPECT_EQ(status_of(told, "Stalled"), "True Invalid " + kWhy);
  EXPECT_EQ(status_of(told, "Settled"), "True Invalid " + kWhy);
}

TEST(Rejection, IsTheSameLaterAndAnotherForAnotherGeneration) {
  const json::Object told = rejection({}, 3, kWhy, kNow);
  EXPECT_EQ(rejection(told, 3, kWhy, kNow + std::chrono::hours(1)), told);
  const json::Object next = rejection(told, 4, kWhy, kNow + std::chrono::hours(1));
  EXPECT_EQ(next.find("settled")->text_at({"at"}), "2026-05-01T13:00:00Z");
  EXPECT_EQ(kube::conditions_of(next).front().last_transition, kNow);
}

TEST(Rejection, LeavesConditionsOfOtherTypesAlone) {
  const kube::Condition available{.type = "Available", .status = "True", .reason = "PodsReady", .message = "predictions are answered"};
  const json::Value before = json::Object{{"conditions", kube::to_json({available})}};
  EXPECT_EQ(kube::conditions_of(rejection(before, 3, kWhy, kNow)).front(), available);
}

}  // namespace
}  // namespace millrace::shared
