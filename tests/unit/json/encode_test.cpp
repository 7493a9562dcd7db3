#include <gtest/gtest.h>

#include "json/codec.h"
#include "support/json/sample.h"

namespace millrace::json {

using sample::Rollout;

TEST(Encode, LeavesOutWhatReadsBackAsTheInitialiser) {
  EXPECT_EQ(dump(encode(Rollout{})), R"({"drain":{"force":false,"grace":"30s"},"model":"","run":"","seen":0,"strategy":"Canary"})");
}

TEST(Encode, WritesEngagedOptionalsEvenWhenEmpty) {
  const Value v =
      encode(Rollout{.gates = {{.metric = "a", .min = Decimal{}}}, .emergency = sample::Drain{}, .replicas = 0, .paused = false});
  EXPECT_EQ(v.at({"replicas"})->integer(), 0);
  EXPECT_EQ(v.at({"paused"})->boolean(), false);
  EXPECT_EQ(dump(v.at({"gates"})->array()->at(0)), R"({"metric":"a","min":""})");
  EXPECT_NE(v.at({"emergency", "grace"}), nullptr);
}

TEST(Encode, ClampKeepsTheNewestItemsAndCutsTexts) {
  Rollout r{.model = std::string(30, 'm')};
  for (int i = 1; i <= 7; ++i) r.steps.push_back({i, {}});
  r.labels = {{"a", "123456789"}, {"b", ""}, {"c", ""}};
  r.args = {"12345", "6"};
  const Value v = encode(r, Clamp::Yes);
  EXPECT_EQ(v.at({"steps"})->array()->size(), 5u);
  EXPECT_EQ(v.at({"steps"})->array()->front().at({"weight"})->integer(), 3);
  EXPECT_EQ(v.text_at({"model"}), "mmmmmmm…");
  EXPECT_EQ(dump(*v.at({"labels"})), R"({"a":"12…","b":""})");
  EXPECT_EQ(dump(*v.at({"args"})), R"(["1…","6"])");
  EXPECT_EQ(encode(r).at({"steps"})->array()->size(), 7u);
}

TEST(Encode, ClampCutsATextWithoutBoundAtOneKilobyte) {
  struct Message {
    std::string text{};
  };
  static constexpr Field kFields[] = {
      {"text", "A sentence.", &CodecOf<std::string>::value, [](void* m) -> void* { return &static_cast<Message*>(m)->text; }, {}}};
  const Schema schema{.doc = {}, .fields = kFields};
  const Message m{std::string(5000, 'x') + "\xff"};
  EXPECT_EQ(encode_from(&m, schema, Clamp::Yes).text_at({"text"}).size(), 1024u);
}

TEST(Encode, DropsVolatileFieldsWhenAsked) {
  EXPECT_EQ(encode(Rollout{.seen = 3}, Clamp::No, Volatile::Drop), encode(Rollout{.seen = 4}, Clamp::No, Volatile::Drop));
  EXPECT_EQ(encode(Rollout{.seen = 3}).at({"seen"})->integer(), 3);
}

}  // namespace millrace::json
