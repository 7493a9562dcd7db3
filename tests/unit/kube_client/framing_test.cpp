#include "kube/client/framing.h"

#include <gtest/gtest.h>

namespace millrace::kube {
namespace {

using Fed = LineFramer::Fed;

struct Lines {
  std::vector<std::string> got{};
  std::size_t stop_after = 1000;
  LineSink sink() {
    return [this](std::string_view line) {
      got.emplace_back(line);
      return got.size() < stop_after;
    };
  }
};

TEST(LineFramer, DoesNotCareHowBytesCome) {
  const std::string text = "one\ntwo\r\n\nthree\n";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    Lines lines;
    LineFramer framer;
    for (std::size_t at = 0; at < text.size(); at += size)
      EXPECT_EQ(framer.feed(std::string_view(text).substr(at, size), lines.sink()), Fed::More);
    EXPECT_EQ(lines.got, (std::vector<std::string>{"one", "two", "three"})) << size;
    EXPECT_FALSE(framer.partial());
  }
}

TEST(LineFramer, KnowsAnUnfinishedLine) {
  Lines lines;
  LineFramer framer;
  EXPECT_EQ(framer.feed("one\ntw", lines.sink()), Fed::More);
  EXPECT_TRUE(framer.partial());
  EXPECT_EQ(lines.got.size(), 1U);
}

TEST(LineFramer, RefusesLongLines) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{4}, std::size_t{100}}) {
    Lines lines;
    LineFramer framer(8);
    const std::string text = "12345678\n123456789\n";
    Fed fed = Fed::More;
    for (std::size_t at = 0; at < text.size() && fed == Fed::More; at += piece)
      fed = framer.feed(std::string_view(text).substr(at, piece), lines.sink());
    EXPECT_EQ(fed, Fed::TooLong);
    EXPECT_EQ(lines.got, (std::vector<std::string>{"12345678"})) << piece;
  }
}

TEST(LineFramer, StopsWhenTheSinkSaysSo) {
  Lines lines{.stop_after = 1};
  LineFramer framer;
  EXPECT_EQ(framer.feed("one\ntwo\n", lines.sink()), Fed::Stopped);
  EXPECT_EQ(lines.got.size(), 1U);
}

TEST(Headers, RetryAfterIsInSeconds) {
  EXPECT_EQ(parse_retry_after("3"), core::Duration(3000));
  for (const char* bad : {"", "x", "-1", "3s", "Wed, 21 Oct 2015 07:28:00 GMT", "99999999999"})
    EXPECT_EQ(parse_retry_after(bad), std::nullopt) << bad;
}

TEST(Headers, WarningsAreTexts) {
  EXPECT_EQ(parse_warnings(R"(299 - "unknown field \"spec.x\"", 299 - "old, deprecated")"),
            (std::vector<std::string>{R"(unknown field "spec.x")", "old, deprecated"}));
  EXPECT_TRUE(parse_warnings("").empty());
  EXPECT_EQ(parse_warnings("299 - \"cut").size(), 1U);
}

}  // namespace
}  // namespace millrace::kube
