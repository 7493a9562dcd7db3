#include <gtest/gtest.h>

#include "engine/event_series.h"
#include "json/value.h"

namespace millrace::engine {
namespace {

using core::Now;
using core::Ticks;

Now at(int seconds) { return {.wall = core::Instant{std::chrono::seconds(1'000 + seconds)}, .mono = Ticks{seconds * 1000}}; }
const kube::ObjectMeta kJob{.name = "j", .ns = "ml", .uid = "u1"};
const Event kPainted{.type = Event::Type::Normal, .reason = "Painted", .action = "Paint", .note = "red"};
core::Result<kube::Response> status(int code) { return kube::Response{.status = code, .body = "{}"}; }
void add(EventSeries& e, int seconds, const Event& event = kPainted) { e.add(kube::resources::kJob, kJob, event, at(seconds)); }

TEST(EventSeries, TheFirstIsPostedAndRepeatsArePatched) {
  EventSeries e("me");
  add(e, 0);
  const auto post = e.next(at(0));
  ASSERT_TRUE(post);
  EXPECT_EQ(post->request.method, "POST");
  EXPECT_EQ(json::parse(post->request.body)->text_at({"regarding", "uid"}), "u1");
  EXPECT_FALSE(e.next(at(0)));
  e.answered(post->which, status(201), at(1));
  EXPECT_FALSE(e.next(at(1)));
  add(e, 60);
  add(e, 61);
  const auto patch = e.next(at(61));
  ASSERT_TRUE(patch);
  EXPECT_EQ(patch->request.method, "PATCH");
  EXPECT_EQ(json::parse(patch->request.body)->at({"series", "count"})->integer(), 3);
}

TEST(EventSeries, ASeriesEndsAfterSixIdleMinutes) {
  EventSeries e("me");
  add(e, 0);
  const auto first = e.next(at(0));
  e.answered(first->which, status(201), at(0));
  add(e, 361);
  const auto second = e.next(at(361));
  EXPECT_EQ(second->request.method, "POST");
  const auto name = [](const EventSeries::Telling& t) { return json::parse(t.request.body)->text_at({"metadata", "name"}); };
  EXPECT_NE(name(*first), name(*second));
}

TEST(EventSeries, NamesAreDeterministic) {
  EventSeries a("me"), b("me");
  add(a, 0);
  add(b, 0);
  EXPECT_EQ(a.next(at(0))->request, b.next(at(0))->request);
}

TEST(EventSeries, AFailureIsTriedThreeTimesThenDropped) {
  EventSeries e("me");
  add(e, 0);
  int now = 0;
  for (int i = 0; i < 3; ++i, now += 10) {
    const auto event = e.next(at(now));
    ASSERT_TRUE(event);
    e.answered(event->which, status(503), at(now));
    EXPECT_FALSE(e.next(at(now + 9)));
  }
  EXPECT_FALSE(e.next(at(now)));
  EXPECT_EQ(e.dropped(), 1u);
}

TEST(EventSeries, ARefusalIsDroppedAtOnceAndTheNextGoesOut) {
  EventSeries e("me");
  add(e, 0);
  add(e, 0, {.reason = "Other"});
  const auto refused = e.next(at(0));
  ASSERT_TRUE(refused);
  e.answered(refused->which, status(403), at(0));
  EXPECT_TRUE(e.next(at(0)));
  EXPECT_EQ(e.dropped(), 1u);
}

kube::ObjectMeta job(int number) { return {.name = "j", .ns = "ml", .uid = "u" + std::to_string(number)}; }
std::vector<EventSeries::Telling> all_of(EventSeries& e, int seconds) {
  std::vector<EventSeries::Telling> out;
  while (auto event = e.next(at(seconds))) out.push_back(std::move(*event));
  return out;
}

TEST(EventSeries, FourAreUnderWayAtOnceAboutOneObjectOne) {
  EventSeries e("me");
  for (int i = 0; i < 6; ++i) {
    e.add(kube::resources::kJob, job(i), kPainted, at(0));
    e.add(kube::resources::kJob, job(i), {.reason = "Dried"}, at(0));
  }
  const auto painted = all_of(e, 0);
  ASSERT_EQ(painted.size(), 4u);
  EXPECT_FALSE(e.wake()) << "an answer wakes us";
  for (const auto& event : painted) {
    EXPECT_NE(event.request.body.find("Painted"), std::string::npos) << "what was told of an object first, goes first";
    e.answered(event.which, status(201), at(1));
  }
  EXPECT_EQ(all_of(e, 1).size(), 4u);
}

TEST(EventSeries, WhatWaitsForAnAnswerAboutItsObjectWakesNobody) {
  EventSeries e("me");
  add(e, 0);
  add(e, 0, {.reason = "Dried"});
  const auto first = e.next(at(0));
  EXPECT_FALSE(e.next(at(0)));
  EXPECT_FALSE(e.wake());
  e.answered(first->which, status(201), at(0));
  EXPECT_TRUE(e.wake());
}

TEST(EventSeries, AfterAFailureOneTriesForAll) {
  EventSeries e("me");
  for (int i = 0; i < 5; ++i) e.add(kube::resources::kJob, job(i), kPainted, at(0));
  const auto events = all_of(e, 0);
  ASSERT_EQ(events.size(), 4u);
  const int codes[] = {403, 404, 201, 503};
  for (int i = 0; i < 4; ++i) e.answered(events[static_cast<std::size_t>(i)].which, status(codes[i]), at(0));
  EXPECT_EQ(e.dropped(), 2u) << "what is refused";
  EXPECT_TRUE(all_of(e, 9).empty());
  const auto one = all_of(e, 10);
  ASSERT_EQ(one.size(), 1u) << "of the two that wait";
  e.answered(one[0].which, status(201), at(10));
  EXPECT_EQ(all_of(e, 10).size(), 1u);
}

TEST(EventSeries, ARepeatWhileAPatchIsUnderWayIsToldAfterIt) {
  EventSeries e("me");
  add(e, 0);
  e.answered(e.next(at(0))->which, status(201), at(0));
  add(e, 1);
  const auto second = e.next(at(1));
  add(e, 2);
  EXPECT_FALSE(e.next(at(2)));
  e.answered(second->which, status(200), at(2));
  const auto third = e.next(at(2));
  ASSERT_TRUE(third);
  EXPECT_EQ(json::parse(third->request.body)->at({"series", "count"})->integer(), 3);
}

TEST(EventSeries, AtMostAThousandWait) {
  EventSeries e("me");
  for (int i = 0; i < 1'100; ++i) add(e, 0, {.reason = "R" + std::to_string(i)});
  EXPECT_EQ(e.dropped(), 100u);
}

TEST(EventSeries, WhatWasSentTakesNoPlaceOfWhatWaits) {
  EventSeries e("me");
  const auto told = [&e](int number, int seconds) {
    add(e, seconds, {.reason = "R" + std::to_string(number)});
    const auto event = e.next(at(seconds));
    if (!event) return std::string("nothing");
    e.answered(event->which, status(201), at(seconds));
    return event->request.method;
  };
  for (int i = 0; i < 1'500; ++i) ASSERT_EQ(told(i, i / 10), "POST") << i;
  EXPECT_EQ(e.dropped(), 0u);
  EXPECT_EQ(told(500, 150), "PATCH");  // of the last thousand
  EXPECT_EQ(told(499, 150), "POST");   // forgotten: an event of its own
  EXPECT_EQ(told(500, 150), "PATCH");  // told of again, so others went first
}

TEST(EventSeries, ALongNoteAndForeignBytesStayValid) {
  EventSeries e("me");
  add(e, 0, {.reason = "R", .note = std::string(5'000, 'x') + "\xff"});
  const auto body = json::parse(e.next(at(0))->request.body);
  ASSERT_TRUE(body);
  EXPECT_LE(body->text_at({"note"}).size(), 1'024u);
}

}  // namespace
}  // namespace millrace::engine
