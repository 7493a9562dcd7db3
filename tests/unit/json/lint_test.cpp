#include <algorithm>

#include <gtest/gtest.h>

#include "json/codec.h"
#include "support/json/sample.h"

namespace millrace::json {

using Said = std::vector<std::string>;

struct Sloppy {
  std::string text{"x"};
  std::int64_t count = 3;
  std::vector<std::string> list{};
  StringMap map{};
  core::Duration wait{};
  std::string word{};
  static const Schema schema;
};
static bool positive(const Sloppy& s) { return s.count > 0; }
constexpr Field kSloppy[] = {
    field<&Sloppy::text>("text", "Text.", {.max_length = 5}),
    field<&Sloppy::count>("count", "", {.min = 0, .max = 9, .fallback = "4"}),
    field<&Sloppy::list>("list", "List.", {.max_length = 5}),
    field<&Sloppy::map>("map", "Map.", {.max_length = 5}),
    field<&Sloppy::wait>("wait", "Wait.", {.example = "soon", .fallback = "0s", .required = true}),
    field<&Sloppy::word>("word", "Word.", {.pattern = "^(", .list_key = "name"}),
};
constexpr Rule kSloppyRules[] = {
    rule<Sloppy, positive>("self.count > 0", "count must be positive", R"({"wait":"1s","count":0})", R"({"wait":"1s","count":1})"),
};
constinit const Schema Sloppy::schema{.doc = "Sloppy.", .fields = kSloppy, .rules = kSloppyRules};

TEST(Lint, FindsNothingInACleanTable) { EXPECT_EQ(lint(sample::Rollout::schema, "spec"), Said{}); }

TEST(Lint, NamesEachBrokenRuleOfTheHouse) {
  const Said said = lint(Sloppy::schema, "spec");
  const char* wanted[] = {
      "spec.text: has an initialiser and no fallback: an empty value would not come back",
      "spec.count: has no doc",
      "spec.count: the fallback is not the initialiser, {\"count\":3}",
      "spec.list: a list needs max_items",
      "spec.map: a map needs max_properties",
      "spec.wait: the example: wait: must be a duration such as 90s or 1h30m, not \"soon\"",
      "spec.wait: is required and has a fallback",
      "spec.word: the pattern does not compile",
      "spec.word: a text needs max_length",
      "spec.word: list_key \"name\" must name a required text of the list's struct",
      "spec: rule \"count must be positive\": the good example is refused: count must be positive",
      "spec: rule \"count must be positive\": the bad example obeys it",
  };
  for (const char* one : wanted) EXPECT_EQ(std::count(said.begin(), said.end(), one), 1) << one;
  EXPECT_EQ(said.size(), std::size(wanted)) << testing::PrintToString(said);
}

TEST(Lint, OfStatusAsksForNoBoundsOfTexts) {
  const Said said = lint(Sloppy::schema, "status", SchemaUse::Status);
  EXPECT_EQ(std::count(said.begin(), said.end(), "status.word: a text needs max_length"), 0);
  EXPECT_EQ(std::count(said.begin(), said.end(), "status.list: a list needs max_items"), 1);
}

}  // namespace millrace::json
