#include <gtest/gtest.h>

#include "json/value.h"

namespace millrace::json {

static std::string read(const std::string& yaml) {
  const auto documents = parse_yaml(yaml);
  if (!documents) return documents.error().message;
  std::string out;
  for (const Value& v : *documents) out += (out.empty() ? "" : "|") + dump(v);
  return out;
}

// Right column: what sigs.k8s.io/yaml v1.6.0 made of it (kubectl sends that).
TEST(Yaml, ScalarsAreTypedAsKubectlTypesThem) {
  const std::pair<const char*, const char*> rows[] = {
      {"true", "true"},
      {"True", "true"},
      {"yes", "true"},
      {"on", "true"},
      {"y", "true"},
      {"off", "false"},
      {"no", "false"},
      {"n", "false"},
      {"null", "null"},
      {"~", "null"},
      {"", "null"},
      {"1", "1"},
      {"+1", "1"},
      {"-1", "-1"},
      {"-0", "0"},
      {"01", "1"},
      {"08", "8"},
      {"010", "8"},
      {"0777", "511"},
      {"0o10", "8"},
      {"0x1F", "31"},
      {"0b11", "3"},
      {"1_000", "1000"},
      {"1__0", "10"},
      {"_1", "\"_1\""},
      {"1e3", "1000"},
      {"1E+3", "1000"},
      {"1.20", "1.2"},
      {".5", "0.5"},
      {"5.", "5"},
      {"+1.5", "1.5"},
      {"-.5", "-0.5"},
      {"1.5e-3", "0.0015"},
      {"1e400", "\"1e400\""},
      {"0xZZ", "\"0xZZ\""},
      {"NaN", "\"NaN\""},
      {"12:30:45", "\"12:30:45\""},
      {"2026-01-31", "\"2026-01-31\""},
      {"2026-01-31T12:00:00Z", "\"2026-01-31T12:00:00Z\""},
      {"500m", "\"500m\""},
      {"1Gi", "\"1Gi\""},
      {"1.2.3", "\"1.2.3\""},
      {"v1", "\"v1\""},
      {"=", "\"=\""},
      {"a b", "\"a b\""},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"\"true\"", "\"true\""},
      {"'1'", "\"1\""},
      {"\"1e3\"", "\"1e3\""},
      {"!!str 1", "\"1\""},
  };
  for (const auto& [yaml, json] : rows) EXPECT_EQ(read("a: " + std::string(yaml) + "\n"), "{\"a\":" + std::string(json) + "}") << yaml;
}

TEST(Yaml, ReadsSeveralDocumentsAndSkipsEmptyOnes) {
  EXPECT_EQ(read("---\n# nothing\n---\na: 1\n---\n- x\n- {b: [1, 2]}\n"), R"({"a":1}|["x",{"b":[1,2]}])");
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read("text: |\n  two\n  lines\n1: one\ntrue: yes\n"), R"({"1":"one","text":"two\nlines\n","true":true})");
}

TEST(Yaml, RefusesWhatCannotBeTrusted) {
  EXPECT_EQ(read("a: 1\nb: 2\na: 3\n"), "line 3: \"a\" is there twice");
  EXPECT_EQ(read("a: 1\n\"a\": 3\n"), "line 2: \"a\" is there twice");
  EXPECT_EQ(read("a: &x 1\n"), "line 1: anchors are not allowed");
  EXPECT_EQ(read("a: &x [1]\nb: *x\n"), "line 1: anchors are not allowed");
  EXPECT_EQ(read("<<: {a: 1}\n"), "line 1: merge keys are not allowed");
  EXPECT_EQ(read("a: !!binary aGk=\n"), "line 1: tags are not allowed");
  EXPECT_EQ(read("a: !foo {}\n"), "line 1: tags are not allowed");
  EXPECT_EQ(read("? [a]\n: 1\n"), "line 1: a key must be text");
  EXPECT_EQ(read("~: 1\n"), "line 1: a key must be text");
  EXPECT_EQ(read("a: \xff\n"), "YAML must be UTF-8");
  EXPECT_EQ(parse_yaml("a: [1\nb: }").error().code, core::ErrorCode::Invalid);
}

TEST(Yaml, EndsAtAStrayBracket) {
  for (const char* text : {",n,", "}", "a: 1\n---\n,", ",}}.-", "a: }", "]"}) {
    EXPECT_EQ(parse_yaml(text).error().code, core::ErrorCode::Invalid) << text;
  }
}

TEST(Yaml, BoundsSizeAndDepth) {
  const auto nested = [](int levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_TRUE(parse_yaml(nested(64)));
  EXPECT_EQ(read(nested(65)), "line 1: more than 64 levels");
  EXPECT_EQ(read(std::string(100'000, '[')), "line 1: more than 64 levels");
  EXPECT_EQ(parse_yaml(std::string((1u << 20) + 1, ' ')).error().code, core::ErrorCode::TooLarge);
}

TEST(Yaml, QuotesEveryTextThatIsNotPlainlyAWord) {
  const Value v = Object{
      {"apiVersion", "millrace.dev/v1alpha1"},
      {"args", Array{"true", "500", "1e3", "1.20", "yes", "null", "", "-x", "a: b", "#c", "two\nlines", "word"}},
      {"empty", Object{{"list", Array{}}, {"map", Object{}}, {"nothing", nullptr}}},
      {"nested", Array{Array{1, Array{2}}, Object{{"a", 1}, {"b", Array{Object{{"c", 2}}}}}}},
      {"yes", 1},
  };
  EXPECT_EQ(
      to_yaml(v),
      "apiVersion: millrace.dev/v1alpha1\nargs:\n- \"true\"\n- \"500\"\n- \"1e3\"\n- \"1.20\"\n- \"yes\"\n- \"null\"\n- \"\"\n- \"-x\"\n"
      "- \"a: b\"\n- \"#c\"\n- \"two\\nlines\"\n- word\nempty:\n  list: []\n  map: {}\n  nothing: null\nnested:\n- - 1\n  - - 2\n"
      "- a: 1\n  b:\n  - c: 2\n\"yes\": 1\n");
  EXPECT_EQ(*parse_yaml(to_yaml(v)), (std::vector<Value>{v}));
}

TEST(Yaml, EscapesWhatYamlCannotPrint) {
  const Value v = "\x7f \u0085 \u2028 \uFEFF ü 🦀 \uFFFD";
  EXPECT_EQ(to_yaml(v), "\"\\u007f \\u0085 \\u2028 \\ufeff ü 🦀 \uFFFD\"\n");
  EXPECT_EQ(parse_yaml(to_yaml(v))->front(), v);
}

// A name of more than 1,024 characters, escapes counted, is no key that stands before its colon.
TEST(Yaml, ALongNameHasALineOfItsOwn) {
  const std::string name = std::string(190, '\x16') + "+~", longer(1100, 'x');
  const Value v = Object{{name, "text"},
                         {longer, Array{1, Object{{longer, Object{{"a", Array{}}}}}}},
                         {longer + "y", Object{{"b", Array{"c"}}, {longer, nullptr}}}};
  const auto read = parse_yaml(to_yaml(v));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, (std::vector<Value>{v}));
}

}  // namespace millrace::json
