#include "shared/conditions.h"

#include <gtest/gtest.h>

#include "shared/history.h"

namespace millrace::shared {
namespace {

const core::Instant kNow = *core::parse_rfc3339("2026-05-01T12:00:00Z");

TEST(Conditions, TheTableOfSituations) {
  const struct {
    Situation situation;
    Summary wanted;
  } rows[] = {
      {Situation::GoingOn, {false, true, false, false}},
      {Situation::GoingOnByItself, {true, false, false, false}},
      {Situation::Done, {true, false, false, true}},
      {Situation::RolledBack, {false, false, true, true}},
      {Situation::RolledBackLatest, {true, false, false, true}},
      {Situation::NotThereYet, {false, true, false, false}},
      {Situation::Failed, {false, false, true, true}},
      {Situation::WriteRefused, {false, false, true, false}},
      {Situation::Invalid, {false, false, true, true}},
  };
  for (const auto& row : rows) EXPECT_EQ(summary(row.situation), row.wanted) << static_cast<int>(row.situation);
  EXPECT_EQ(summary(Situation::WaitsForPlace, true, false), (Summary{.ready = true}));
}

TEST(Conditions, TheTransitionTimeMovesOnlyWithTheStatus) {
  const kube::Conditions none;
  Conditions first(none, 1, kNow);
  first.set(summary(Situation::GoingOn), {"Running", "a"});
  const kube::Conditions before = first.take();
  Conditions second(before, 2, kNow + std::chrono::minutes(1));
  second.set(summary(Situation::Done), {"VersionReady", "b"});
  const kube::Conditions after = second.take();
  EXPECT_EQ(kube::find(after, "Ready")->last_transition, kNow + std::chrono::minutes(1));
  EXPECT_EQ(kube::find(after, "Stalled")->last_transition, kNow);
  EXPECT_EQ(kube::find(after, "Stalled")->observed_generation, 2);
}

plan::Refusal refusal(int code, std::string message, bool taken = false) {
  return {.kind = &kube::resources::kJob, .name = "churn-r1-a1", .code = code, .message = std::move(message), .at = kNow, .taken = taken};
}

TEST(Conditions, ARefusedWriteKeepsTheServersSentence) {
  const struct {
    plan::Refusal refusal;
    Situation situation;
    const char* reason;
  } rows[] = {
      {refusal(403, "jobs \"churn-r1-a1\" is forbidden: exceeded quota: q"), Situation::WriteRefused, "QuotaExceeded"},
      {refusal(403, "jobs \"churn-r1-a1\" is forbidden: violates PodSecurity \"restricted\""), Situation::WriteRefused, "PodSecurity"},
      {refusal(403, "jobs \"churn-r1-a1\" is forbidden: no"), Situation::WriteRefused, "Forbidden"},
      {refusal(422, "Job \"churn-r1-a1\" is invalid: limits"), Situation::Invalid, "Invalid"},
      {refusal(409, "Job churn-r1-a1 belongs to CronJob other", true), Situation::Invalid, "NameTaken"},
      {refusal(413, "Request entity too large"), Situation::Invalid, "TooLarge"},
  };
  for (const auto& row : rows) {
    const Trouble found = trouble_of(row.refusal);
    EXPECT_EQ(found.situation, row.situation) << row.refusal.message;
    EXPECT_EQ(found.saying.reason, row.reason);
    EXPECT_NE(found.saying.message.find(row.refusal.message), std::string::npos);
  }
  EXPECT_EQ(trouble({rows[0].refusal, rows[3].refusal, rows[1].refusal})->saying.reason, "Invalid") << "the gravest is told";
  EXPECT_FALSE(trouble({}));
}

struct Entry {
  core::Instant time;
  std::string reason, message;
};

TEST(History, KeepsTwentyAndSaysNothingTwice) {
  std::vector<Entry> all;
  for (int i = 0; i < 30; ++i) remember(all, kNow, "Running", "run " + std::to_string(i / 2));
  EXPECT_EQ(all.size(), 15u);
  for (int i = 0; i < 30; ++i) remember(all, kNow, "Running", "again " + std::to_string(i));
  EXPECT_EQ(all.size(), kHistory);
  EXPECT_EQ(all.back().message, "again 29");
}

}  // namespace
}  // namespace millrace::shared
