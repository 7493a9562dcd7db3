#include <gtest/gtest.h>

#include "json/codec.h"
#include "support/json/sample.h"

namespace millrace::json {

using sample::Rollout;

static std::string refusal(std::string_view json, Strictness strictness = Strictness::File) {
  const auto r = decode<Rollout>(json, strictness);
  return r ? "" : r.error().message;
}

TEST(Decode, FillsEveryKindOfField) {
  const auto r = decode<Rollout>(R"({"model":"churn","strategy":"Recreate","steps":[{"weight":5,"pause":"1h30m"},{"weight":6.0}],
    "gates":[{"metric":"auc","min":"0.90"}],"args":["a"],"labels":{"k":"v"},"drain":{"force":true},"emergency":{},"replicas":0,
    "paused":false,"memory":"1Gi","since":"2026-01-31T12:00:00.5Z","raw":{"z":1,"a":[null]},"seen":4})");
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->strategy, sample::Strategy::Recreate);
  EXPECT_EQ(r->steps, (std::vector<sample::Step>{{5, core::Duration(5'400'000)}, {6, {}}}));
  EXPECT_EQ(r->gates[0].min->text, "0.90");
  EXPECT_EQ(r->labels, (StringMap{{"k", "v"}}));
  EXPECT_EQ(r->drain, (sample::Drain{core::Duration(30'000), true}));
  EXPECT_TRUE(r->emergency);
  EXPECT_EQ(r->replicas, 0);
  EXPECT_EQ(r->paused, false);
  EXPECT_EQ(core::to_rfc3339(r->since), "2026-01-31T12:00:00Z");
  EXPECT_EQ(r->raw.bytes, R"({"a":[null],"z":1})");
}

TEST(Decode, MissingAndNullKeepTheInitialiser) {
  EXPECT_EQ(*decode<Rollout>("{}"), Rollout{});
  EXPECT_EQ(*decode<Rollout>(R"({"model":null,"drain":null,"replicas":null,"steps":null,"seen":null})"), Rollout{});
}

TEST(Decode, FromTheServerIsTolerant) {
  EXPECT_EQ(*decode<Rollout>(R"({"strategy":"Shadow","unheard":{"of":[1]},"steps":[{"weight":900}]})"), (Rollout{.steps = {{900, {}}}}));
  EXPECT_EQ(decode<Rollout>("{\"model\":\"a\xff\"}")->model, "a\uFFFD");
  EXPECT_EQ(decode<Rollout>(R"({"unheard":100000000000000000000,"model":"m"})")->model, "m");
}

TEST(Decode, NamesThePathOfAMalformedType) {
  EXPECT_EQ(refusal(R"({"steps":[{"weight":1},{"weight":"ten"}]})", Strictness::Server),
            "steps[1].weight: must be an integer, not \"ten\"");
  EXPECT_EQ(refusal(R"({"steps":[{"weight":1.5}]})", Strictness::Server), "steps[0].weight: must be an integer, not 1.5");
  EXPECT_EQ(refusal(R"({"steps":[null]})", Strictness::Server), "steps[0]: must be an object, not null");
  EXPECT_EQ(refusal(R"({"model":3})", Strictness::Server), "model: must be text, not 3");
  EXPECT_EQ(refusal(R"({"drain":{"grace":"5 d"}})", Strictness::Server),
            "drain.grace: must be a duration such as 90s or 1h30m, not \"5 d\"");
  EXPECT_EQ(refusal(R"({"drain":{"force":"yes"}})", Strictness::Server), "drain.force: must be true or false, not \"yes\"");
  EXPECT_EQ(refusal(R"({"since":"noon"})", Strictness::Server), "since: must be a time such as 2026-01-31T12:00:00Z, not \"noon\"");
  EXPECT_EQ(refusal(R"({"labels":{"a":1}})", Strictness::Server), "labels.a: must be text, not 1");
  EXPECT_EQ(refusal(R"({"gates":{}})", Strictness::Server), "gates: must be a list, not {}");
  EXPECT_EQ(refusal("[]", Strictness::Server), "the document must be an object, not []");
  EXPECT_LT(refusal(R"({"model":[")" + std::string(10'000, 'x') + "\"]}", Strictness::Server).size(), 120u);
}

TEST(Decode, OfFilesIsStrict) {
  EXPECT_EQ(refusal(R"({"model":"m","step":[]})"), "step: unknown field; is \"steps\" meant?");
  EXPECT_EQ(refusal(R"({"model":"m","drain":{"Grace":"10s"}})"), "drain.Grace: unknown field; is \"grace\" meant?");
  EXPECT_EQ(refusal(R"({"model":"m","xyzzy":1})"), "xyzzy: unknown field");
  EXPECT_EQ(refusal(R"({"model":"m","seen":1,"seen":2})"), "seen: is there twice");
  EXPECT_EQ(refusal(R"({"model":"m","labels":{"a":"1","a":"2"}})"), "labels.a: is there twice");
  EXPECT_EQ(refusal(R"({"steps":[]})"), "model: is required");
  EXPECT_EQ(refusal(R"({"model":"m","steps":[{"pause":"1s"}]})"), "steps[0].weight: is required");
  EXPECT_EQ(refusal(R"({"model":"m","strategy":"Shadow"})"), "strategy: must be one of Canary, Recreate, not \"Shadow\"");
  EXPECT_EQ(refusal(R"({"model":"m","steps":[{"weight":900}]})"), "steps[0].weight: 900 must be at most 100");
  EXPECT_EQ(refusal(R"({"model":"m"})"), "");
}

TEST(Decode, OfAValueIsTheSame) {
  EXPECT_EQ(*decode<Rollout>(Value(Object{{"model", "m"}})), (Rollout{.model = "m"}));
  EXPECT_EQ(decode<Rollout>(Value(Object{{"model", Array{}}})).error().message, "model: must be text, not []");
}

}  // namespace millrace::json
