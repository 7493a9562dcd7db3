#include <gtest/gtest.h>

#include "json/raw.h"

namespace millrace::json {
namespace {

TEST(Raw, FindsAMemberBehindNestedOnesAndEscapes) {
  const char* text = R"({"a":{"b":[1,{"type":"no"}],"c":"}\"]"} , "type" : "ADDED","object":{"x":"{"}})";
  EXPECT_EQ(raw_text(raw_member(text, "type")), "ADDED");
  EXPECT_EQ(raw_member(text, "object"), R"({"x":"{"})");
  EXPECT_EQ(raw_member(text, "absent"), "");
  EXPECT_EQ(raw_member(R"({"a":["\"\\",{"b":"\\\\"}],"c":"\\\\\"}","d":4})", "d"), "4");
}

TEST(Raw, CutsAListIntoItems) {
  const auto items = raw_items(R"( [ {"a":1} , "x,]" ,[2], 3 ] )");
  ASSERT_TRUE(items);
  EXPECT_EQ(*items, (std::vector<std::string_view>{R"({"a":1})", R"("x,]")", "[2]", "3"}));
  EXPECT_TRUE(raw_items("[]")->empty());
}

TEST(Raw, BrokenBytesAreNoListAndEndNowhereElse) {
  for (const char* text : {"", "{", "[", "[1", "[1,", "null", "[\"x", "[{\"a\":\"\\"}) EXPECT_FALSE(raw_items(text)) << text;
  for (const char* text : {"", "{", "{\"a", "{\"a\"", "{\"a\":", "[1]", "{\"a\":\"\\"}) EXPECT_EQ(raw_member(text, "b"), "") << text;
}

}  // namespace
}  // namespace millrace::json
