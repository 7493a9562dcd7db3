#include <gtest/gtest.h>

#include "engine/refusals.h"

namespace millrace::engine {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr core::Instant kNow{seconds(1'000'000)};
const plan::Write kWrite{.how = plan::Write::How::Create, .kind = &kube::resources::kJob, .name = "j", .hash = "h"};
const Refusals::About kAbout{.generation = 3, .hash = "h", .live = ""};
plan::Refusal refusal(const char* message, core::Instant at = kNow) {
  return {.kind = &kube::resources::kJob, .name = "j", .code = 403, .reason = "Forbidden", .message = message, .at = at};
}

TEST(Refusals, AWriteIsHeldUntilItsTimeOrUntilSomethingChanged) {
  Refusals r;
  EXPECT_TRUE(r.refused(kWrite, kAbout, refusal("quota")));
  EXPECT_TRUE(r.held(kWrite, kAbout, kNow + seconds(59)));
  EXPECT_FALSE(r.held(kWrite, kAbout, kNow + seconds(60)));
  for (const Refusals::About& other : {Refusals::About{4, "h", ""}, Refusals::About{3, "g", ""}, Refusals::About{3, "h", "u"}}) {
    EXPECT_FALSE(r.held(kWrite, other, kNow));
  }
}

TEST(Refusals, TheSameAgainCountsAndTheFirstInstantStays) {
  Refusals r;
  (void)r.refused(kWrite, kAbout, refusal("quota"));
  EXPECT_FALSE(r.refused(kWrite, kAbout, refusal("quota", kNow + minutes(1))));  // nothing new to tell
  EXPECT_EQ(r.all().at(0).times, 2);
  EXPECT_EQ(r.all().at(0).at, kNow);
  EXPECT_EQ(*r.next_retry(), kNow + minutes(3));
  EXPECT_TRUE(r.refused(kWrite, kAbout, refusal("another sentence", kNow + minutes(3))));
}

TEST(Refusals, AnotherDesiredObjectStartsAnew) {
  Refusals r;
  (void)r.refused(kWrite, kAbout, refusal("quota"));
  (void)r.refused(kWrite, {.generation = 4, .hash = "g"}, refusal("quota", kNow + minutes(9)));
  EXPECT_EQ(r.all().at(0).times, 1);
  EXPECT_EQ(r.all().at(0).at, kNow + minutes(9));
}

TEST(Refusals, WhatIsSoOrNoLongerWantedGoes) {
  struct Row {
    std::vector<plan::Write> wanted;
    Refusals::Planned planned;
    std::int64_t generation;
    core::Instant now;
    bool goes;
  };
  const Row rows[] = {
      {{kWrite}, {{"Job", "j"}}, 3, kNow, false},  // still wanted
      {{}, {{"Job", "j"}}, 3, kNow, true},         // planned, nothing to write: it is so
      {{}, {}, 3, kNow, false},                    // the planner waits with it: no flapping
      {{}, {}, 4, kNow, true},                     // another spec
      {{}, {}, 3, kNow + minutes(1), true},        // its time has come
  };
  for (const Row& row : rows) {
    Refusals r;
    (void)r.refused(kWrite, kAbout, refusal("quota"));
    EXPECT_EQ(r.keep(row.wanted, row.planned, row.generation, row.now), row.goes);
    EXPECT_EQ(r.empty(), row.goes);
  }
}

TEST(Refusals, OfFinalizersAreApartFromOtherWritesOfTheSameObject) {
  const plan::Write finalize{.lane = plan::Lane::Hold, .how = plan::Write::How::Finalize, .kind = kWrite.kind, .name = "j", .hash = "h"};
  Refusals r;
  (void)r.refused(finalize, kAbout, refusal("no"));
  EXPECT_FALSE(r.settled(kWrite)) << "an annotation that went through";
  EXPECT_TRUE(r.held(finalize, kAbout, kNow));
  EXPECT_TRUE(r.keep({kWrite}, {}, 3, kNow)) << "not wanted any more";
  EXPECT_TRUE(r.empty());
}

}  // namespace
}  // namespace millrace::engine
