#include <gtest/gtest.h>

#include "engine/facts.h"

namespace millrace::engine {
namespace {

using core::Instant;
using core::Now;
using core::Ticks;

constexpr Instant kStart{std::chrono::seconds(1'000)};
Now at(int seconds) { return {.wall = kStart + std::chrono::seconds(seconds), .mono = Ticks{seconds * 1000}}; }
plan::Question claim(int seconds) { return {plan::ObjectByName{&kube::resources::kClaim, "data"}, at(seconds).wall}; }
plan::Question events(int seconds) { return {plan::EventsOf{&kube::resources::kJob, "j", "u1"}, at(seconds).wall}; }
core::Result<kube::Response> answer(int status, std::string body) { return kube::Response{.status = status, .body = std::move(body)}; }
const Who kA{0, {"ml", "a"}}, kB{0, {"ml", "b"}};

TEST(Facts, EqualQuestionsAreAskedOnceAndWakeAll) {
  Facts f;
  f.ask(kA, {claim(0)});
  f.ask(kB, {claim(0)});
  const auto asked = f.next(at(0));
  ASSERT_TRUE(asked);
  EXPECT_EQ(f.request(*asked).path, "/api/v1/namespaces/ml/persistentvolumeclaims/data");
  EXPECT_FALSE(f.next(at(0)));
  EXPECT_EQ(f.answered(*asked, answer(200, R"({"metadata":{"name":"data","managedFields":[1]}})"), at(1)).size(), 2u);
  ASSERT_EQ(f.of(kA).size(), 1u);
  EXPECT_EQ(std::get<plan::Found>(f.of(kA)[0].answer).object.bytes, R"({"metadata":{"name":"data"}})");
  EXPECT_FALSE(f.next(at(10'000)));  // nothing at rest
  EXPECT_FALSE(f.wake(at(10'000)));
}

TEST(Facts, NotFoundIsAnAnswer) {
  Facts f;
  f.ask(kA, {claim(0)});
  (void)f.answered(*f.next(at(0)), answer(404, "{}"), at(0));
  EXPECT_FALSE(std::get<plan::Found>(f.of(kA).at(0).answer).exists);
}

TEST(Facts, AnObjectMayLiveInAnotherNamespaceOrInNone) {
  constexpr kube::Resource kGateway{"gateway.networking.k8s.io", "v1", "Gateway", "gateways"};
  constexpr kube::Resource kClass{"gateway.networking.k8s.io", "v1", "GatewayClass", "gatewayclasses", false};
  Facts f;
  const plan::Question gateway{plan::ObjectByName{&kGateway, "public", "infra"}, kStart};
  const plan::Question of_class{plan::ObjectByName{&kClass, "traefik"}, kStart};
  f.ask(kA, {gateway});
  f.ask({0, {"other", "b"}}, {gateway});
  const auto asked = f.next(at(0));
  ASSERT_TRUE(asked);
  EXPECT_EQ(f.request(*asked).path, "/apis/gateway.networking.k8s.io/v1/namespaces/infra/gateways/public");
  EXPECT_EQ(f.answered(*asked, answer(200, "{}"), at(0)).size(), 2u);
  EXPECT_EQ(f.of(kA).at(0).question, gateway);
  f.ask(kA, {of_class});
  EXPECT_EQ(f.request(*f.next(at(1))).path, "/apis/gateway.networking.k8s.io/v1/gatewayclasses/traefik");
}

TEST(Facts, AQuestionIsNotAskedBeforeItsInstantAndAgainForALaterOne) {
  Facts f;
  f.ask(kA, {claim(30)});
  EXPECT_FALSE(f.next(at(29)));
  EXPECT_EQ(f.wake(at(10)), Ticks{30'000});
  (void)f.answered(*f.next(at(30)), answer(404, "{}"), at(30));
  f.ask(kA, {claim(30)});
  EXPECT_FALSE(f.wake(at(31)));
  f.ask(kA, {claim(60)});
  EXPECT_EQ(f.of(kA).size(), 1u);  // the last answer stays readable
  EXPECT_FALSE(f.next(at(59)));
  ASSERT_TRUE(f.next(at(60)));
}

TEST(Facts, EventsAreLookedUpAtMostOnceAMinutePerObject) {
  Facts f;
  f.ask(kA, {events(0)});
  const auto asked = f.next(at(0));
  const std::string path = f.request(*asked).path;
  EXPECT_NE(path.find("fieldSelector=involvedObject.uid%3Du1"), std::string::npos) << path;
  (void)f.answered(*asked, answer(200, R"({"items":[
      {"type":"Warning","reason":"Old","message":"old","lastTimestamp":"2026-01-01T00:00:00Z"},
      {"type":"Warning","reason":"FailedCreate","message":"exceeded quota","lastTimestamp":"2026-01-01T00:00:09Z"},
      {"type":"Normal","reason":"Fine","message":"fine","lastTimestamp":"2026-01-01T00:01:00Z"}]})"),
                   at(0));
  EXPECT_EQ(std::get<plan::Sentence>(f.of(kA).at(0).answer), (plan::Sentence{"FailedCreate", "exceeded quota"}));
  f.ask(kA, {events(5)});
  EXPECT_FALSE(f.next(at(59)));
  EXPECT_EQ(f.wake(at(6)), Ticks{60'000});
  EXPECT_TRUE(f.next(at(60)));
}

TEST(Facts, WhoCannotBeReachedIsAskedAgainLaterAndLater) {
  Facts f;
  f.ask(kA, {claim(0)});
  (void)f.answered(*f.next(at(0)), core::Error{core::ErrorCode::Unavailable, "down"}, at(0));
  EXPECT_EQ(std::get<plan::Unreachable>(f.of(kA).at(0).answer).why, "down");
  EXPECT_FALSE(f.next(at(9)));
  (void)f.answered(*f.next(at(10)), answer(403, R"({"kind":"Status","code":403,"message":"no"})"), at(10));
  EXPECT_FALSE(f.next(at(29)));
  EXPECT_TRUE(f.next(at(30)));
}

TEST(Facts, WhatNobodyAsksIsForgotten) {
  Facts f;
  f.ask(kA, {claim(0)});
  const auto asked = f.next(at(0));
  f.ask(kA, {});
  EXPECT_TRUE(f.answered(*asked, answer(404, "{}"), at(1)).empty());
  f.ask(kB, {claim(0)});
  EXPECT_TRUE(f.next(at(2)));
}

TEST(Facts, AtMostTwoAreUnderWay) {
  Facts f;
  std::vector<plan::Question> many;
  for (const char* name : {"a", "b", "c"}) many.push_back({plan::ObjectByName{&kube::resources::kClaim, name}, kStart});
  f.ask(kA, many);
  EXPECT_TRUE(f.next(at(0)));
  EXPECT_TRUE(f.next(at(0)));
  EXPECT_FALSE(f.next(at(0)));
  EXPECT_FALSE(f.wake(at(0)));
}

plan::Question query(const std::string& source, int number, int seconds) {
  return {plan::MetricsQuery{source, "q" + std::to_string(number)}, at(seconds).wall};
}
const core::Error kDown{core::ErrorCode::Unavailable, "connection refused"};
const char* const kSeven = R"({"status":"success","data":{"resultType":"scalar","result":[1,"7"]}})";
Now at_ms(int ms) { return {.wall = kStart + std::chrono::floor<std::chrono::seconds>(Ticks{ms}), .mono = Ticks{ms}}; }

TEST(Facts, ALaterInstantOfAQueryIsAskedAtOnce) {
  Facts f;
  f.ask(kA, {query("p", 1, 0)});
  const auto first = f.next(at(1));
  EXPECT_NE(f.request(*first).path.find("query=q1&time=1000"), std::string::npos) << f.request(*first).path;
  EXPECT_EQ(first->ns, "ml");
  (void)f.answered(*first, answer(200, kSeven), at(1));
  EXPECT_FALSE(f.next(at(1)));
  f.ask(kA, {query("p", 1, 2)});
  const auto second = f.next(at(2));
  ASSERT_TRUE(second);
  EXPECT_NE(f.request(*second).path.find("time=1002"), std::string::npos);
  EXPECT_EQ(f.of(kA).at(0), (plan::Fact{query("p", 1, 0), plan::Number{7}, at(1).wall})) << "until it is answered";
  (void)f.answered(*second, answer(200, R"({"status":"success","data":{"resultType":"vector","result":[]}})"), at(3));
  EXPECT_EQ(f.of(kA).at(0), (plan::Fact{query("p", 1, 2), plan::NoData{}, at(3).wall}));
}

TEST(Facts, AnOldNumberDoesNotOutliveASourceThatIsDown) {
  Facts f;
  f.ask(kA, {query("p", 1, 0)});
  (void)f.answered(*f.next(at(0)), answer(200, kSeven), at(0));
  f.ask(kA, {query("p", 1, 30)});
  int now = 30;
  for (const int pause : {10, 20, 40, 60, 60}) {
    const auto asked = f.next(at(now));
    ASSERT_TRUE(asked) << now;
    (void)f.answered(*asked, kDown, at(now));
    EXPECT_EQ(f.of(kA).at(0), (plan::Fact{query("p", 1, 30), plan::Unreachable{"connection refused"}, at(now).wall}));
    EXPECT_FALSE(f.next(at(now + pause - 1)));
    now += pause;
    EXPECT_EQ(f.wake(at(now - 1)), Ticks{now * 1000});
  }
}

TEST(Facts, EqualQueriesOfANamespaceAreAskedOnceAndThoseOfAnotherApart) {
  Facts f;
  f.ask(kA, {query("p", 1, 0)});
  f.ask(kB, {query("p", 1, 0)});
  f.ask({0, {"other", "c"}}, {query("p", 1, 0)});
  const auto asked = f.next(at(0)), apart = f.next(at(0));
  ASSERT_TRUE(asked && apart);
  EXPECT_FALSE(f.next(at(0)));
  EXPECT_EQ(asked->ns, "ml");
  EXPECT_EQ(apart->ns, "other");
  EXPECT_EQ(f.answered(*asked, answer(200, kSeven), at(0)).size(), 2u);
}

TEST(Facts, ASourceThatDoesNotAnswerDelaysNeitherAnotherNorTheApiServer) {
  Facts f;
  std::vector<plan::Question> many;
  for (int i = 0; i < 30; ++i) many.push_back(query("dead", i, 0));
  f.ask(kA, many);
  for (std::size_t i = 0; i < Facts::kQueriesInFlight; ++i) ASSERT_TRUE(f.next(at(0))) << i;
  EXPECT_FALSE(f.next(at(0)));
  EXPECT_EQ(f.in_flight("dead"), 20u);
  EXPECT_FALSE(f.wake(at(0))) << "an answer wakes it";
  f.ask(kB, {query("live", 1, 0), claim(0)});
  const auto object = f.next(at(0)), live = f.next(at(0));
  ASSERT_TRUE(object && live);
  EXPECT_TRUE(std::holds_alternative<plan::ObjectByName>(object->what));
  EXPECT_EQ(std::get<plan::MetricsQuery>(live->what).source, "live");
}

TEST(Facts, ASourceIsAskedFiftyTimesASecond) {
  Facts f;
  std::vector<plan::Question> many;
  for (int i = 0; i < 500; ++i) many.push_back(query("p", i, 0));
  f.ask(kA, many);
  std::vector<int> asked_at;
  for (int ms = 0; ms < 5'000;) {
    while (const auto asked = f.next(at_ms(ms))) {
      asked_at.push_back(ms);
      (void)f.answered(*asked, answer(200, kSeven), at_ms(ms));
    }
    const auto wake = f.wake(at_ms(ms));
    ASSERT_TRUE(wake);
    ASSERT_GT(wake->count(), ms);
    ms = static_cast<int>(wake->count());
  }
  EXPECT_NEAR(static_cast<double>(asked_at.size()), 5 * 50 + Facts::kBurst, 2);
  for (std::size_t i = 0; i + 71 < asked_at.size(); ++i) EXPECT_GE(asked_at[i + 71] - asked_at[i], 1'000) << i;
}

TEST(Facts, WhoWaitsLongestIsNext) {
  Facts f;
  f.ask({0, {"a", "young"}}, {query("p", 1, 20)});
  f.ask({0, {"z", "old"}}, {query("p", 2, 10)});
  const auto asked = f.next(at(30));
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->ns, "z");
}

}  // namespace
}  // namespace millrace::engine
