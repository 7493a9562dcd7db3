#include <gtest/gtest.h>

#include <set>

#include "engine/reflector.h"

namespace millrace::engine {
namespace {

using core::Error;
using core::ErrorCode;
using core::Ticks;

std::string object(const std::string& name, const std::string& version) {
  return R"({"metadata":{"name":")" + name + R"(","resourceVersion":")" + version + R"("}})";
}
std::string event(const std::string& type, const std::string& o) { return R"({"type":")" + type + R"(","object":)" + o + "}"; }
std::string end_bookmark(const std::string& version) {
  return event("BOOKMARK", R"({"metadata":{"resourceVersion":")" + version + R"(","annotations":{"k8s.io/initial-events-end":"true"}}})");
}
bool has(const kube::Request& r, const char* part) { return r.path.find(part) != std::string::npos; }
core::Result<kube::Response> answer(int status, std::string body, std::optional<core::Duration> after = {}) {
  return kube::Response{.status = status, .body = std::move(body), .retry_after = after};
}
std::string page(const std::string& version, const std::string& token, const std::string& items) {
  return R"({"kind":"PodList","metadata":{"resourceVersion":")" + version + R"(","continue":")" + token + R"("},"items":[)" + items + "]}";
}
Reflector pods() { return {&kube::resources::kPod, "", "a=b"}; }

Reflector synced() {
  Reflector r = pods();
  (void)r.start(Ticks{0});
  (void)r.line(end_bookmark("10"), Ticks{0});
  return r;
}
// Falls back to paged lists.
Reflector lister() {
  Reflector r = pods();
  (void)r.start(Ticks{0});
  (void)r.ended(Error{ErrorCode::Invalid, "sendInitialEvents is forbidden"}, Ticks{0});
  return r;
}

TEST(Reflector, WatchListIsOneReplaceAndTheSameStreamGoesOn) {
  Reflector r = pods();
  const auto start = r.start(Ticks{0});
  ASSERT_TRUE(start.watch);
  EXPECT_TRUE(has(*start.watch, "sendInitialEvents=true"));
  EXPECT_TRUE(has(*start.watch, "labelSelector=a%3Db"));
  EXPECT_TRUE(r.line(event("ADDED", object("x", "9")), Ticks{1}).changes.empty());
  EXPECT_TRUE(r.line(event("ADDED", object("y", "4")), Ticks{1}).changes.empty());
  EXPECT_FALSE(r.synced());
  const auto end = r.line(end_bookmark("10"), Ticks{2});
  ASSERT_EQ(end.changes.size(), 1u);
  EXPECT_EQ(end.changes[0].what, Change::What::Replace);
  EXPECT_EQ(end.changes[0].objects.size(), 2u);
  EXPECT_EQ(end.changes[0].resource_version, "10");
  EXPECT_TRUE(r.synced());
  EXPECT_EQ(r.line(event("DELETED", object("x", "11")), Ticks{3}).changes.at(0).what, Change::What::Gone);
}

TEST(Reflector, WatchListWithoutItsEndFallsBackToListsAfterTwoAttempts) {
  Reflector r = pods();
  (void)r.start(Ticks{0});
  (void)r.line(event("ADDED", object("x", "9")), Ticks{1});
  auto out = r.ended({}, Ticks{2});
  ASSERT_TRUE(r.wake());
  out = r.tick(*r.wake());
  ASSERT_TRUE(out.watch);
  EXPECT_FALSE(r.tick(Ticks{50'000}).close);
  EXPECT_TRUE(r.tick(*r.wake()).close);  // a minute
  out = r.ended(Error{ErrorCode::Cancelled, ""}, Ticks{62'000});
  ASSERT_TRUE(out.list);
  EXPECT_TRUE(has(*out.list, "limit=500"));
}

TEST(Reflector, AServerWithoutWatchListIsListedAtOnce) {
  Reflector r = pods();
  (void)r.start(Ticks{0});
  EXPECT_TRUE(r.ended(Error{ErrorCode::Invalid, "sendInitialEvents is forbidden"}, Ticks{0}).list);
}

TEST(Reflector, PagesBecomeOneReplaceAndTheWatchStartsAtTheLastPage) {
  Reflector r = lister();
  auto out = r.page(answer(200, page("20", "tok", object("a", "1"))), Ticks{1});
  ASSERT_TRUE(out.list);
  EXPECT_TRUE(has(*out.list, "continue=tok"));
  EXPECT_TRUE(out.changes.empty());
  out = r.page(answer(200, page("21", "", object("b", "2"))), Ticks{1});
  ASSERT_EQ(out.changes.size(), 1u);
  EXPECT_EQ(out.changes[0].objects, (std::vector<std::string>{object("a", "1"), object("b", "2")}));
  ASSERT_TRUE(out.watch);
  EXPECT_TRUE(has(*out.watch, "resourceVersion=21"));
}

TEST(Reflector, AnExpiredContinuationIsListedOnceMoreWhole) {
  Reflector r = lister();
  (void)r.page(answer(200, page("20", "tok", object("a", "1"))), Ticks{1});
  const auto out = r.page(answer(410, R"({"kind":"Status","code":410,"reason":"Expired"})"), Ticks{2});
  ASSERT_TRUE(out.list);
  EXPECT_FALSE(has(*out.list, "limit"));
  EXPECT_FALSE(has(*out.list, "continue"));
  EXPECT_EQ(r.page(answer(200, page("30", "", object("c", "3"))), Ticks{3}).changes.at(0).objects.size(), 1u);
}

TEST(Reflector, DoesNotRelistAfterACleanEnd) {
  Reflector r = synced();
  (void)r.line(event("MODIFIED", object("x", "12")), Ticks{1});
  const auto out = r.ended({}, Ticks{60'000});
  ASSERT_TRUE(out.watch);
  EXPECT_TRUE(has(*out.watch, "resourceVersion=12"));
  EXPECT_FALSE(has(*out.watch, "sendInitialEvents"));
}

TEST(Reflector, BookmarksOnlyMoveTheVersion) {
  Reflector r = synced();
  EXPECT_TRUE(r.line(event("BOOKMARK", R"({"metadata":{"resourceVersion":"99"}})"), Ticks{1}).changes.empty());
  EXPECT_TRUE(has(*r.ended({}, Ticks{60'000}).watch, "resourceVersion=99"));
}

TEST(Reflector, GoneInBothFormsListsAnew) {
  for (const bool inside : {true, false}) {
    Reflector r = synced();
    if (inside) {
      EXPECT_TRUE(r.line(event("ERROR", R"({"kind":"Status","code":410,"reason":"Expired","message":"too old"})"), Ticks{1}).close);
      (void)r.ended({}, Ticks{1});
    } else {
      (void)r.ended(Error{ErrorCode::Gone, "too old"}, Ticks{1});
    }
    ASSERT_TRUE(r.wake());
    EXPECT_GE(*r.wake(), Ticks{801});
    EXPECT_LE(*r.wake(), Ticks{1'601});
    EXPECT_TRUE(has(*r.tick(*r.wake()).watch, "sendInitialEvents=true"));
  }
}

TEST(Reflector, ThrottledOrUnreachableGoesOnWhereItWas) {
  for (const ErrorCode code : {ErrorCode::TooManyRequests, ErrorCode::Unavailable}) {
    Reflector r = synced();
    const auto out = r.ended(Error{code, "later"}, Ticks{5});
    EXPECT_TRUE(out.relisted.empty());
    EXPECT_TRUE(has(*r.tick(*r.wake()).watch, "resourceVersion=10"));
  }
}

TEST(Reflector, BackoffGrowsToThirtySecondsAndIsForgottenAfterTwoQuietMinutes) {
  Reflector r = synced();
  Ticks now{0};
  const int waits[] = {800, 1600, 3200, 6400, 12800, 25600, 30000, 30000};
  for (const int wait : waits) {
    (void)r.ended(Error{ErrorCode::Unavailable, "down"}, now);
    ASSERT_GE(*r.wake() - now, Ticks{wait});
    ASSERT_LE(*r.wake() - now, Ticks{2 * wait});
    now = *r.wake();
    ASSERT_TRUE(r.tick(now).watch);
  }
  now += Ticks{121'000};
  (void)r.ended(Error{ErrorCode::Unavailable, "down"}, now);
  EXPECT_LE(*r.wake() - now, Ticks{1'600});
}

// Else a network that cuts every watch after a while leaves the cache blind for a minute each time.
TEST(Reflector, AWatchThatToldSomethingStartsTheBackoffAnew) {
  Reflector r = synced();
  Ticks now{0};
  for (int i = 0; i < 20; ++i) {
    (void)r.line(event("BOOKMARK", object("", std::to_string(11 + i))), now);
    (void)r.ended(Error{i % 2 == 0 ? ErrorCode::Unavailable : ErrorCode::Gone, "cut"}, now);
    ASSERT_LE(*r.wake() - now, Ticks{1'600}) << i;
    now = *r.wake();
    (void)r.tick(now);
    if (i % 2 == 1) (void)r.line(end_bookmark("10"), now);
  }
}

TEST(Reflector, TheEndOfAListIsNothingThatAWatchTold) {
  Reflector r = synced();
  Ticks now{0};
  for (int i = 0; i < 8; ++i) {
    (void)r.ended(Error{ErrorCode::Gone, "too old"}, now);
    now = *r.wake();
    ASSERT_TRUE(has(*r.tick(now).watch, "sendInitialEvents=true"));
    (void)r.line(end_bookmark("10"), now);
  }
  (void)r.ended(Error{ErrorCode::Gone, "too old"}, now);
  EXPECT_GE(*r.wake() - now, Ticks{30'000});
}

TEST(Reflector, ListsTakeHalfOfTheTimeAtMost) {
  Reflector r = pods();
  (void)r.start(Ticks{0});
  (void)r.line(end_bookmark("10"), Ticks{2'000});  // two seconds
  (void)r.line(event("MODIFIED", object("x", "11")), Ticks{2'001});
  (void)r.ended(Error{ErrorCode::Gone, "too old"}, Ticks{3'000});
  EXPECT_EQ(*r.wake(), Ticks{3'000 + 2'000});
  Reflector paged = lister();
  (void)paged.page(answer(200, page("20", "", object("a", "1"))), Ticks{40'000});
  (void)paged.line(event("MODIFIED", object("x", "21")), Ticks{40'001});
  (void)paged.ended(Error{ErrorCode::Gone, "too old"}, Ticks{41'000});
  EXPECT_EQ(*paged.wake(), Ticks{41'000 + 30'000}) << "no longer than any backoff";
  Reflector goes_on = synced();
  (void)goes_on.line(event("MODIFIED", object("x", "11")), Ticks{2'001});
  (void)goes_on.ended(Error{ErrorCode::Unavailable, "cut"}, Ticks{3'000});
  EXPECT_LE(*goes_on.wake(), Ticks{3'000 + 1'600}) << "no list is asked for";
}

// Else all watches of all operators come back at once after a restart of the API server, and end at once ever after.
TEST(Reflector, WatchesOfSeveralSeedsDoNotComeBackTogether) {
  std::set<Ticks> waits;
  std::set<std::string> requests;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Reflector r(&kube::resources::kPod, "", "", false, seed);
    requests.insert(r.start(Ticks{0}).watch->path);
    (void)r.line(end_bookmark("10"), Ticks{0});
    (void)r.ended(Error{ErrorCode::Unavailable, "down"}, Ticks{0});
    waits.insert(*r.wake());
  }
  EXPECT_GT(waits.size(), 15u);
  EXPECT_GT(requests.size(), 15u);
}

TEST(Reflector, AWatchLivesFiveToTenMinutes) {
  Reflector r = synced();
  for (int i = 0; i < 100; ++i) {
    const std::string path = r.ended({}, Ticks{i * 60'000}).watch->path;
    const int seconds = std::stoi(path.substr(path.find("timeoutSeconds=") + 15));
    ASSERT_GE(seconds, 300);
    ASSERT_LE(seconds, 600);
    (void)r.line(event("BOOKMARK", R"({"metadata":{"resourceVersion":"11"}})"), Ticks{i * 60'000});
  }
}

TEST(Reflector, NoListIsAskedForFromAVersion) {
  Reflector r = pods();
  EXPECT_FALSE(has(*r.start(Ticks{0}).watch, "resourceVersion=")) << "a cache of the server may be far behind";
  EXPECT_FALSE(has(*r.ended(Error{ErrorCode::Invalid, "sendInitialEvents is forbidden"}, Ticks{0}).list, "resourceVersion="));
  (void)r.page(answer(200, page("20", "", object("a", "1"))), Ticks{1});
  (void)r.ended(Error{ErrorCode::Gone, "too old"}, Ticks{2});
  EXPECT_FALSE(has(*r.tick(*r.wake()).list, "resourceVersion="));
}

TEST(Reflector, AVersionThatTheServerDoesNotKnowYetIsListedAnew) {
  Reflector r = synced();
  const auto too_large = R"({"kind":"Status","code":504,"reason":"Timeout","details":{"causes":[{"reason":"ResourceVersionTooLarge"}]}})";
  EXPECT_TRUE(r.line(event("ERROR", too_large), Ticks{1}).close);
  EXPECT_FALSE(r.ended({}, Ticks{1}).relisted.empty());
  EXPECT_TRUE(has(*r.tick(*r.wake()).watch, "sendInitialEvents=true"));
}

TEST(Reflector, ThrottlingInsideAStreamGoesOnWhereItWas) {
  Reflector r = synced();
  EXPECT_TRUE(r.line(event("ERROR", R"({"kind":"Status","code":429,"reason":"TooManyRequests"})"), Ticks{1}).close);
  EXPECT_TRUE(r.ended({}, Ticks{1}).relisted.empty());
  EXPECT_TRUE(has(*r.tick(*r.wake()).watch, "resourceVersion=10"));
}

// An object that the server cannot encode would end the watch at the same version for ever.
TEST(Reflector, AnInternalErrorInsideAStreamListsAnew) {
  Reflector r = synced();
  EXPECT_TRUE(r.line(event("ERROR", R"({"kind":"Status","code":500,"reason":"InternalError"})"), Ticks{1}).close);
  EXPECT_FALSE(r.ended({}, Ticks{1}).relisted.empty());
  EXPECT_TRUE(has(*r.tick(*r.wake()).watch, "sendInitialEvents=true"));
}

TEST(Reflector, AWatchListThatBreaksOnItsWayCountsAsAnAttempt) {
  for (const ErrorCode code : {ErrorCode::Unavailable, ErrorCode::Gone}) {
    Reflector r = pods();
    (void)r.start(Ticks{0});
    (void)r.line(event("ADDED", object("x", "9")), Ticks{1});
    (void)r.ended(Error{code, "cut"}, Ticks{2});
    ASSERT_TRUE(r.tick(*r.wake()).watch);
    (void)r.line(event("ADDED", object("x", "9")), *r.wake());
    EXPECT_TRUE(r.ended(Error{code, "cut"}, Ticks{10'000}).list);
  }
  Reflector r = pods();
  (void)r.start(Ticks{0});
  for (int i = 0; i < 5; ++i) {  // a server that cannot be reached says nothing of what it supports
    (void)r.ended(Error{ErrorCode::Unavailable, "refused"}, Ticks{i * 100'000});
    ASSERT_TRUE(r.tick(*r.wake()).watch);
  }
}

TEST(Reflector, ADeletionAmongTheInitialEventsIsNoObject) {
  Reflector r = pods();
  (void)r.start(Ticks{0});
  (void)r.line(event("DELETED", object("x", "9")), Ticks{1});
  EXPECT_TRUE(r.line(end_bookmark("10"), Ticks{2}).changes.at(0).objects.empty());
}

TEST(Reflector, AnAnswerWithoutItemsOrVersionIsNoList) {
  for (const char* body : {"<html>", R"({"metadata":{"resourceVersion":"5"}})", R"({"metadata":{},"items":[]})"}) {
    Reflector r = lister();
    const auto out = r.page(answer(200, body), Ticks{1});
    EXPECT_TRUE(out.changes.empty()) << body;
    EXPECT_FALSE(out.watch) << body;
    EXPECT_FALSE(r.synced());
    ASSERT_TRUE(r.wake());
    EXPECT_TRUE(r.tick(*r.wake()).list) << body;
  }
  Reflector r = pods();
  (void)r.start(Ticks{0});
  EXPECT_TRUE(r.line(end_bookmark(""), Ticks{1}).close);
  EXPECT_FALSE(r.synced());
}

TEST(Reflector, AWatchThatEndsAtOnceCountsAsAFailure) {
  Reflector r = synced();
  (void)r.ended({}, Ticks{60'000});
  EXPECT_FALSE(r.ended({}, Ticks{60'100}).watch);
  EXPECT_TRUE(r.wake());
}

TEST(Reflector, ALineThatIsNoEventListsAnew) {
  Reflector r = synced();
  EXPECT_TRUE(r.line("<html>", Ticks{1}).close);
  (void)r.ended({}, Ticks{1});
  EXPECT_TRUE(has(*r.tick(*r.wake()).watch, "sendInitialEvents"));
}

TEST(Reflector, AKindThatIsNotInstalledIsAskedForEachTenSeconds) {
  Reflector r = pods();
  (void)r.start(Ticks{0});
  (void)r.ended(Error{ErrorCode::NotFound, "no such resource"}, Ticks{0});
  EXPECT_EQ(*r.wake(), Ticks{10'000});
}

const Error kNoApi{ErrorCode::NotFound, "the server could not find the requested resource"};

TEST(Reflector, AnOptionalKindWithoutItsApiIsListedAndEmpty) {
  Reflector r(&kube::resources::kPod, "", "", true);
  (void)r.start(Ticks{0});
  const auto missing = r.ended(kNoApi, Ticks{0});
  EXPECT_EQ(missing.changes, (std::vector<Change>{{.what = Change::What::Replace, .installed = false}}));
  EXPECT_EQ(missing.failed, "") << "it is no failure";
  EXPECT_TRUE(r.synced());
  EXPECT_EQ(r.wake(), Ticks{30'000});
  ASSERT_TRUE(r.tick(Ticks{30'000}).watch);
  EXPECT_TRUE(r.ended(kNoApi, Ticks{30'000}).changes.empty()) << "told once";
  EXPECT_EQ(r.wake(), Ticks{60'000});
  ASSERT_TRUE(r.tick(Ticks{60'000}).watch);
  const auto found = r.line(end_bookmark("10"), Ticks{60'000});
  ASSERT_EQ(found.changes.size(), 1u);
  EXPECT_TRUE(found.changes[0].installed);
}

TEST(Reflector, AnOptionalKindMayLoseItsApiWhileItIsWatched) {
  Reflector r(&kube::resources::kPod, "", "", true);
  (void)r.start(Ticks{0});
  (void)r.line(end_bookmark("10"), Ticks{0});
  ASSERT_TRUE(r.ended({}, Ticks{5'000}).watch) << "the server closed the watch";
  const auto missing = r.ended(kNoApi, Ticks{5'001});
  ASSERT_EQ(missing.changes.size(), 1u);
  EXPECT_FALSE(missing.changes[0].installed);
  EXPECT_TRUE(r.synced());
  EXPECT_EQ(r.wake(), Ticks{35'001});
}

TEST(Reflector, AListOfAnOptionalKindThatIsNotFoundSaysTheSame) {
  Reflector r(&kube::resources::kPod, "", "", true);
  (void)r.start(Ticks{0});
  ASSERT_TRUE(r.ended(Error{ErrorCode::Invalid, "sendInitialEvents is forbidden"}, Ticks{0}).list);
  const auto missing = r.page(answer(404, R"({"kind":"Status","code":404,"reason":"NotFound"})"), Ticks{1});
  ASSERT_EQ(missing.changes.size(), 1u);
  EXPECT_FALSE(missing.changes[0].installed);
}

// They are labels of a metric: the server's sentences are not among them.
TEST(Reflector, AReasonForAListIsOneOfAFewWords) {
  const auto after = [](const core::Result<void>& how) { return synced().ended(how, Ticks{5'000}).reason; };
  EXPECT_EQ(after(Error{ErrorCode::Gone, "too old resource version: 7 (9)"}), "expired");
  EXPECT_EQ(after(Error{ErrorCode::Forbidden, "user x cannot watch"}), "refused");
  EXPECT_EQ(after(Error{ErrorCode::NotFound, "no such kind"}), "not_found");
  EXPECT_EQ(after(Error{ErrorCode::TooManyRequests, "later"}), "") << "it goes on where it was: no list";
  Reflector odd = synced();
  EXPECT_TRUE(odd.line("<html>", Ticks{1}).close);
  EXPECT_EQ(odd.ended({}, Ticks{1}).reason, "malformed");
  Reflector unsupported = pods();
  (void)unsupported.start(Ticks{0});
  EXPECT_EQ(unsupported.ended(Error{ErrorCode::Invalid, "sendInitialEvents"}, Ticks{1}).reason, "watch_list_unsupported");
  Reflector endless = pods();
  (void)endless.start(Ticks{0});
  EXPECT_TRUE(endless.tick(Ticks{60'000}).close);
  EXPECT_EQ(endless.ended({}, Ticks{60'000}).reason, "watch_list_incomplete");
  EXPECT_EQ(lister().page(answer(500, "{}"), Ticks{1}).reason, "unavailable");
}

TEST(Reflector, TellsHowLongAStreamIsOpenAndWhenSomethingLastCame) {
  Reflector r = pods();
  EXPECT_FALSE(r.open_since());
  EXPECT_FALSE(r.heard());
  (void)r.start(Ticks{1'000});
  EXPECT_EQ(r.open_since(), Ticks{1'000});
  (void)r.line(end_bookmark("10"), Ticks{2'000});
  (void)r.line(event("BOOKMARK", object("", "11")), Ticks{60'000});
  EXPECT_EQ(r.open_since(), Ticks{1'000}) << "the same stream goes on";
  EXPECT_EQ(r.heard(), Ticks{60'000});
  (void)r.ended({}, Ticks{70'000});
  EXPECT_EQ(r.open_since(), Ticks{70'000});
  (void)r.ended(Error{ErrorCode::Gone, "old"}, Ticks{71'000});
  EXPECT_FALSE(r.open_since());
  EXPECT_EQ(r.heard(), Ticks{60'000});
}

TEST(Reflector, ASilentStreamIsToldFromOneThatBroke) {
  const Error broke{ErrorCode::Unavailable, "no byte came"};
  Reflector r = synced();
  EXPECT_TRUE(r.ended(broke, Ticks{95'010}).silent);
  EXPECT_FALSE(synced().ended(broke, Ticks{50'000}).silent);
  EXPECT_FALSE(synced().ended({}, Ticks{400'000}).silent);
}

}  // namespace
}  // namespace millrace::engine
