#include <gtest/gtest.h>

#include "engine/lease.h"
#include "json/value.h"

namespace millrace::engine {
namespace {

using core::Error;
using core::ErrorCode;
using core::Now;
using core::Ticks;

Now at(int ms) { return {.wall = core::Instant{std::chrono::seconds(1'700'000'000 + ms / 1000)}, .mono = Ticks{ms}}; }
LeaseElector elector() { return LeaseElector({.ns = "ops", .name = "millrace", .identity = "me"}); }
core::Result<kube::Response> lease(const std::string& holder, const std::string& version, int seconds = 15, int renewed = 0) {
  const json::Value v = json::Object{{"metadata", json::Object{{"resourceVersion", version}}},
                                     {"spec", json::Object{{"holderIdentity", holder},
                                                           {"leaseDurationSeconds", seconds},
                                                           {"renewTime", core::to_rfc3339_micro(at(renewed * 1'000).wall)},
                                                           {"leaseTransitions", 3}}}};
  return kube::Response{.status = 200, .body = json::dump(v)};
}
core::Result<kube::Response> status(int code) { return kube::Response{.status = code, .body = "{}"}; }

LeaseElector leader() {
  LeaseElector e = elector();
  (void)e.tick(at(0));
  (void)e.answered(status(404), at(0));
  (void)e.answered(lease("me", "1"), at(0));
  return e;
}

TEST(LeaseElector, AnAbsentLeaseIsCreated) {
  LeaseElector e = elector();
  EXPECT_EQ(e.tick(at(0)).call->method, "GET");
  const auto create = e.answered(status(404), at(10));
  EXPECT_EQ(create.call->method, "POST");
  EXPECT_LE(create.call->deadline, core::Duration{5'000});
  EXPECT_TRUE(e.answered(lease("me", "1"), at(20)).gained);
  EXPECT_TRUE(e.may_write(Ticks{20}));
}

TEST(LeaseElector, AnotherHolderIsWaitedForByOurOwnClock) {
  LeaseElector e = elector();
  (void)e.tick(at(0));
  EXPECT_FALSE(e.answered(lease("you", "1"), at(0)).call);
  int now = 0;
  while (now < 15'000) {
    now = static_cast<int>(e.wake()->count());
    ASSERT_TRUE(e.tick(at(now)).call);
    const auto out = e.answered(lease("you", "1"), at(now));
    ASSERT_EQ(out.call.has_value(), now >= 15'000) << now;
  }
}

TEST(LeaseElector, ARecordThatMovesIsAlive) {
  LeaseElector e = elector();
  (void)e.tick(at(0));
  (void)e.answered(lease("you", "1", 15, 0), at(0));
  for (int i = 1; i < 30; ++i) {
    const Ticks now = *e.wake();
    ASSERT_TRUE(e.tick(at(static_cast<int>(now.count()))).call);
    ASSERT_FALSE(e.answered(lease("you", std::to_string(i + 1), 15, i), at(static_cast<int>(now.count()))).call);
  }
  EXPECT_FALSE(e.leader());
}

TEST(LeaseElector, ARenewalIsOnePutEachTwoSeconds) {
  LeaseElector e = leader();
  EXPECT_EQ(*e.wake(), Ticks{2'000});
  EXPECT_FALSE(e.tick(at(1'999)).call);
  const auto out = e.tick(at(2'000));
  ASSERT_TRUE(out.call);
  EXPECT_EQ(out.call->method, "PUT");
  EXPECT_NE(out.call->body.find(R"("resourceVersion":"1")"), std::string::npos);
  EXPECT_FALSE(e.answered(lease("me", "2"), at(2'050)).gained);
}

TEST(LeaseElector, TheFenceClosesTenSecondsAfterTheLastRenewalWasSent) {
  LeaseElector e = leader();
  EXPECT_TRUE(e.may_write(Ticks{9'999}));
  EXPECT_FALSE(e.may_write(Ticks{10'000}));
  (void)e.tick(at(2'000));
  (void)e.answered(Error{ErrorCode::Unavailable, "down"}, at(7'000));
  EXPECT_LE(*e.wake(), Ticks{10'000});
  (void)e.tick(at(9'000));  // a renewal is under way when the fence closes
  EXPECT_TRUE(e.tick(at(10'000)).lost);
  EXPECT_FALSE(e.leader());
  EXPECT_FALSE(e.answered(lease("me", "2"), at(10'100)).gained);
}

TEST(LeaseElector, AnAnswerCountsFromWhenItWasAsked) {
  LeaseElector e = leader();
  (void)e.tick(at(2'000));
  (void)e.answered(lease("me", "2"), at(6'000));
  EXPECT_EQ(e.fence(), Ticks{12'000});
}

TEST(LeaseElector, SomebodyElseInTheRecordIsALoss) {
  LeaseElector e = leader();
  (void)e.tick(at(2'000));
  EXPECT_EQ(e.answered(status(409), at(2'010)).call->method, "GET");
  EXPECT_TRUE(e.answered(lease("you", "9"), at(2'020)).lost);
}

TEST(LeaseElector, ReleaseLeavesTheRecordEmptyAndShort) {
  LeaseElector e = leader();
  const auto out = e.release(at(500));
  ASSERT_TRUE(out.call);
  EXPECT_NE(out.call->body.find(R"("holderIdentity":"")"), std::string::npos);
  EXPECT_NE(out.call->body.find(R"("leaseDurationSeconds":1)"), std::string::npos);
  EXPECT_FALSE(e.may_write(Ticks{500}));
  (void)e.answered(lease("", "3"), at(510));
  EXPECT_TRUE(e.released());
}

TEST(LeaseElector, AReleaseThatConflictsIsTriedAgainWhileTheRecordIsOurs) {
  for (const bool ours : {true, false}) {
    LeaseElector e = leader();
    (void)e.release(at(500));
    EXPECT_EQ(e.answered(status(409), at(510)).call->method, "GET");
    EXPECT_FALSE(e.released());
    const auto again = e.answered(lease(ours ? "me" : "you", "7"), at(520));
    EXPECT_EQ(again.call.has_value(), ours);
    EXPECT_FALSE(e.may_write(Ticks{520}));
    if (!ours) {
      EXPECT_TRUE(e.released());
      continue;
    }
    EXPECT_NE(again.call->body.find(R"("resourceVersion":"7")"), std::string::npos);
    (void)e.answered(lease("", "8"), at(530));
    EXPECT_TRUE(e.released());
  }
}

// Else a process that ends would hold it for 15 s.
TEST(LeaseElector, ALeaseThatComesWhileWeLeaveIsGivenUp) {
  LeaseElector e = elector();
  (void)e.tick(at(0));
  ASSERT_EQ(e.answered(status(404), at(0)).call->method, "POST");
  EXPECT_FALSE(e.release(at(10)).call);
  EXPECT_FALSE(e.released());
  (void)e.answered(lease("me", "1"), at(20));
  const auto out = e.tick(at(20));
  ASSERT_TRUE(out.call);
  EXPECT_NE(out.call->body.find(R"("holderIdentity":"")"), std::string::npos);
  (void)e.answered(lease("", "2"), at(30));
  EXPECT_TRUE(e.released());
}

TEST(LeaseElector, WhoLeavesWhileItOnlyLooksTakesNothing) {
  LeaseElector e = elector();
  (void)e.tick(at(0));
  (void)e.release(at(10));
  EXPECT_FALSE(e.answered(status(404), at(20)).call);
  EXPECT_TRUE(e.released());
}

TEST(LeaseElector, AnEditBesideTheRecordKeepsNoDeadLeaderAlive) {
  LeaseElector e = elector();
  (void)e.tick(at(0));
  (void)e.answered(lease("you", "1"), at(0));
  int now = 0;
  for (int version = 2; now < 15'000; ++version) {  // somebody labels it again and again
    now = static_cast<int>(e.wake()->count());
    ASSERT_TRUE(e.tick(at(now)).call);
    ASSERT_EQ(e.answered(lease("you", std::to_string(version)), at(now)).call.has_value(), now >= 15'000) << now;
  }
}

TEST(LeaseElector, AReleasedLeaseIsTakenAtOnce) {
  LeaseElector e = elector();
  (void)e.tick(at(0));
  EXPECT_EQ(e.answered(lease("", "5", 1), at(0)).call->method, "PUT");
}

TEST(LeaseElector, ARenewalThatMeetsAnotherVersionIsTheSlowPath) {
  LeaseElector e = leader();
  ASSERT_TRUE(e.tick(at(2'000)).call);
  EXPECT_TRUE(e.answered(status(409), at(2'010)).slow);
  const auto read = e.answered(lease("me", "7"), at(2'020));
  EXPECT_FALSE(read.slow);
  EXPECT_EQ(read.call->method, "PUT");
  LeaseElector other = elector();  // who does not lead renews nothing
  (void)other.tick(at(0));
  (void)other.answered(status(404), at(0));
  EXPECT_FALSE(other.answered(status(409), at(0)).slow);
}

}  // namespace
}  // namespace millrace::engine
