#include "json/value.h"

#include <limits>

#include <gtest/gtest.h>

#include "core/check.h"

namespace millrace::json {

static std::string dumped(std::string_view text) {
  const auto v = parse(text);
  return v ? dump(*v) : v.error().message;
}

TEST(Object, KeepsMembersSortedAndTheLastOfEqualNames) {
  Object o{{"b", 1}, {"a", Array{"x", nullptr, 2.5, true}}, {"b", 2}};
  o["aa"] = Object{};
  EXPECT_EQ(dump(o), R"({"a":["x",null,2.5,true],"aa":{},"b":2})");
  EXPECT_TRUE(o.erase("a"));
  EXPECT_FALSE(o.erase("a"));
  EXPECT_EQ(o.size(), 2u);
  EXPECT_EQ(o.find("a"), nullptr);
}

TEST(Value, IsFollowedByPath) {
  const Value v = Object{{"metadata", Object{{"name", "churn"}, {"generation", 3}}}};
  EXPECT_EQ(v.text_at({"metadata", "name"}), "churn");
  EXPECT_EQ(v.text_at({"metadata", "generation"}), "");
  EXPECT_EQ(v.at({"metadata", "name", "deeper"}), nullptr);
  EXPECT_EQ(v.at({"metadata", "generation"})->integer(), 3);
  EXPECT_EQ(v.at({"metadata", "generation"})->number(), 3.0);
}

TEST(Parse, KeepsIntegersExactAndDoublesApart) {
  EXPECT_EQ(dumped("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(dumped("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(dumped("1.0"), "1.0");
  EXPECT_EQ(dumped("0.1"), "0.1");
  EXPECT_EQ(dumped("1e3"), "1000.0");
  EXPECT_FALSE(parse("1.0")->integer());
}

TEST(Parse, MendsWhatApiServersPassOn) {
  EXPECT_EQ(dumped("{\"a\":\"\xff\"}"), "{\"a\":\"\uFFFD\"}");
  EXPECT_EQ(parse("[100000000000000000000, -18446744073709551616]")->array()->at(0).number(), 1e20);
  EXPECT_EQ(*parse(R"(["100000000000000000000 \" 99999999999999999999", 100000000000000000000])")->array()->at(0).text(),
            "100000000000000000000 \" 99999999999999999999");
  EXPECT_EQ(dumped(R"({"a":1,"a":2})"), R"({"a":2})");
}

TEST(Parse, NamesThePositionOfAFault) {
  const auto message = [](std::string_view text) { return parse(text).error().message; };
  EXPECT_EQ(message("{\"a\": 1,\n  \"b\" 2}"), "not JSON: line 2, column 7: \":\" was expected");
  EXPECT_EQ(message(""), "not JSON: line 1, column 1: the document ends too early");
  EXPECT_EQ(message("[1,]"), "not JSON: line 1, column 4: a value was expected");
  EXPECT_EQ(message("{} x"), "not JSON: line 1, column 4: text after the end of the document");
  EXPECT_EQ(message("[01]"), "not JSON: line 1, column 4: a number with a leading zero");
  EXPECT_EQ(message("\"a\nb\""), "not JSON: line 1, column 3: a control byte in a text");
  EXPECT_EQ(message("[\"\\x\"]"), "not JSON: line 1, column 4: an unknown escape in a text");
  for (const char* text : {"nul", "{\"a\"}", "{a:1}", "[1 2]", "'a'", "1.", "-", "1e400", "\"\\u12G4\"", "{\"a\":1", "NaN", "// c\n1"}) {
    EXPECT_EQ(parse(text).error().code, core::ErrorCode::Invalid) << text;
  }
}

TEST(Parse, BoundsSizeAndDepth) {
  const auto nested = [](int levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_TRUE(parse(nested(60)));
  EXPECT_EQ(parse(nested(66)).error().message, "not JSON: line 1, column 65: too many levels");
  EXPECT_EQ(parse(std::string(100'000, '[')).error().code, core::ErrorCode::Invalid);
  const std::string large = "\"" + std::string(3u << 20, 'a') + "\"";
  EXPECT_EQ(parse(large).error().code, core::ErrorCode::TooLarge);
  EXPECT_TRUE(parse("\"" + std::string((3u << 20) - 2, 'a') + "\""));
}

TEST(Dump, WritesWhatParsesBack) {
  const Value v = Object{{"quote\"", "back\\slash\n\t\x01 ü 🦀"}, {"n", std::numeric_limits<double>::denorm_min()}, {"e", Array{}}};
  EXPECT_EQ(*parse(dump(v)), v);
  EXPECT_EQ(*parse(pretty(v)), v);
  EXPECT_EQ(dump(Value("a\xff")), "\"a\uFFFD\"");
  EXPECT_THROW(dump(std::numeric_limits<double>::quiet_NaN()), core::Bug);
}

TEST(Pretty, IndentsByTwo) { EXPECT_EQ(pretty(Object{{"a", Array{1}}, {"b", Object{}}}), "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}\n"); }

// Stored in clusters: these may never change.
TEST(Canonical, IsFrozen) {
  const Value v = Object{{"b", Array{1, -2, "ü/\"\n\x7f"}}, {"a", Object{{"z", nullptr}, {"Z", true}, {"", false}}}, {"é", ""}};
  EXPECT_EQ(canonical(v), "{\"a\":{\"\":false,\"Z\":true,\"z\":null},\"b\":[1,-2,\"ü/\\\"\\n\x7f\"],\"é\":\"\"}");
  EXPECT_EQ(hash(Object{}), "h1:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  EXPECT_EQ(hash(v), "h1:8d04c70ea99b04718b69a6ff2a2fd137a54df2e1ec44c1f401d0ac6a5590aa01");
  EXPECT_THROW(canonical(Array{1.5}), core::Bug);
}

TEST(Canonical, PartsThatAreBytesAreWrittenAsTheyStand) {
  const Value tree = Object{{"a", Object{{"x", Array{1, "\n"}}, {"y", true}}}, {"b", 2}};
  const Value bytes = Object{{"a", Text{R"({"x":[1,"\n"],"y":true})"}}, {"b", 2}};
  EXPECT_EQ(dump(bytes), dump(tree));
  EXPECT_EQ(hash(bytes), hash(tree));
  EXPECT_EQ(pretty(bytes), pretty(tree));
  EXPECT_EQ(parse_yaml(to_yaml(bytes)).value(), std::vector<Value>{tree});
  EXPECT_EQ(bytes.at({"a", "x"}), nullptr);
}

TEST(MergePatch, FollowsTheRfc) {
  const auto patched = [](std::string_view target, std::string_view patch) { return dump(merge_patch(*parse(target), *parse(patch))); };
  EXPECT_EQ(patched(R"({"a":"b"})", R"({"a":"c"})"), R"({"a":"c"})");
  EXPECT_EQ(patched(R"({"a":"b","b":"c"})", R"({"a":null})"), R"({"b":"c"})");
  EXPECT_EQ(patched(R"({"a":["b"]})", R"({"a":"c"})"), R"({"a":"c"})");
  EXPECT_EQ(patched(R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})"), R"({"a":{"b":"d"}})");
  EXPECT_EQ(patched(R"({"a":[{"b":"c"}]})", R"({"a":[1]})"), R"({"a":[1]})");
  EXPECT_EQ(patched(R"(["a","b"])", R"(["c","d"])"), R"(["c","d"])");
  EXPECT_EQ(patched(R"({"a":"foo"})", "null"), "null");
  EXPECT_EQ(patched(R"([1,2])", R"({"a":"b","c":null})"), R"({"a":"b"})");
  EXPECT_EQ(patched("{}", R"({"a":{"bb":{"ccc":null}}})"), R"({"a":{"bb":{}}})");
}

}  // namespace millrace::json
