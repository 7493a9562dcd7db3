#include "json/footprint.h"

#include <gtest/gtest.h>

namespace millrace::json {
namespace {

struct Leaf {
  std::string text{};
  std::int64_t number = 0;
  static const Schema schema;
};
struct Tree {
  std::string name{};
  StringMap labels{};
  std::vector<Leaf> leaves{};
  std::optional<Leaf> extra{};
  static const Schema schema;
};
constexpr Field kLeaf[] = {field<&Leaf::text>("text", "Text."), field<&Leaf::number>("number", "Number.")};
constexpr Field kTree[] = {field<&Tree::name>("name", "Name."), field<&Tree::labels>("labels", "Labels.", {.max_properties = 9}),
                           field<&Tree::leaves>("leaves", "Leaves.", {.max_items = 9}), field<&Tree::extra>("extra", "Extra.")};
constinit const Schema Leaf::schema{.doc = "Leaf.", .fields = kLeaf};
constinit const Schema Tree::schema{.doc = "Tree.", .fields = kTree};

std::size_t of(const Tree& tree) { return footprint(&tree, Tree::schema); }

TEST(Footprint, WhatIsInlineHoldsNothingMore) {
  EXPECT_EQ(of({}), 0u);
  EXPECT_EQ(of({.name = "short", .extra = Leaf{.text = "short too"}}), 0u);
}

TEST(Footprint, CountsTextsMapsAndLists) {
  EXPECT_EQ(of({.name = std::string(100, 'x')}), 112u);
  EXPECT_EQ(of({.extra = Leaf{.text = std::string(100, 'x')}}), 112u);
  const std::size_t one = of({.labels = {{"a", "b"}}}), two = of({.labels = {{"a", "b"}, {"c", "d"}}});
  EXPECT_EQ(two - one, 2 * sizeof(std::string)) << "in one block";
  EXPECT_GT(one, 2 * sizeof(std::string));
  EXPECT_EQ(of({.labels = {{"a", std::string(100, 'x')}}}), one + 112);
  const std::size_t leaves = of({.leaves = {Leaf{}, Leaf{}}});
  EXPECT_GE(leaves, 2 * sizeof(Leaf));
  EXPECT_EQ(of({.leaves = {Leaf{}, Leaf{.text = std::string(100, 'x')}}}), leaves + 112);
}

}  // namespace
}  // namespace millrace::json
