#include "core/text.h"

#include <limits>

#include <gtest/gtest.h>

#include "core/base64.h"
#include "core/check.h"
#include "core/hash.h"
#include "core/result.h"

namespace millrace::core {

TEST(Utf8, RefusesOverlongSurrogatesAndTruncatedSequences) {
  EXPECT_TRUE(is_utf8("plain, ünïcödé, 🦀"));
  for (const char* text : {"\xff", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "a\x80"}) {
    EXPECT_FALSE(is_utf8(text)) << to_utf8(text);
  }
}

TEST(Utf8, IsMendedWithOneReplacementPerBrokenPiece) {
  EXPECT_EQ(to_utf8("ok ü"), "ok ü");
  EXPECT_EQ(to_utf8("a\xff\x62"), "a\uFFFDb");
  EXPECT_EQ(to_utf8("\xe2\x82"), "\uFFFD");
  EXPECT_EQ(to_utf8("\xe2\x82z"), "\uFFFDz");
  EXPECT_EQ(to_utf8("\xf0\x9f\xff"), "\uFFFD\uFFFD");
  EXPECT_TRUE(is_utf8(to_utf8("\x80\x81\xed\xa0\x80")));
}

TEST(Cut, KeepsCodePointsWhole) {
  EXPECT_EQ(cut("abc", 3), "abc");
  EXPECT_EQ(cut("abcdef", 5), "ab…");
  EXPECT_EQ(cut("üüüü", 6), "ü…");
  EXPECT_EQ(cut("üü", 1), "");
  for (std::size_t bytes = 0; bytes < 20; ++bytes) {
    const std::string out = cut("aü€🦀aü€🦀", bytes);
    EXPECT_LE(out.size(), bytes);
    EXPECT_TRUE(is_utf8(out)) << bytes;
  }
}

TEST(OneToken, EscapesWhatBreaksALine) {
  EXPECT_EQ(one_token("a\"b\\c\nd\te\x01"), "a\\\"b\\\\c\\nd\\te\\u0001");
  EXPECT_EQ(one_token("x\u2028y\u202Ez\u0085"), "x\\u2028y\\u202ez\\u0085");
  EXPECT_EQ(one_token("bad\xff"), "bad\uFFFD");
}

TEST(OneToken, NeverCutsAnEscapeApart) {
  for (std::size_t bytes = 3; bytes < 40; ++bytes) {
    const std::string out = one_token("\"\"\n\n\x01\x01\\\\üüüü\"\"\"\"", bytes);
    EXPECT_LE(out.size(), bytes);
    EXPECT_TRUE(is_utf8(out));
    std::size_t escapes = 0;
    for (std::size_t i = out.size(); i > 0 && out[i - 1] == '\\'; --i) ++escapes;
    EXPECT_EQ(escapes % 2, 0u) << out;
  }
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
  EXPECT_EQ(join({"a", "", "b"}, ", "), "a, , b");
  EXPECT_EQ(join({}, ", "), "");
}

TEST(Decimals, AreReadByValue) {
  for (const char* text : {"0", "0.90", "-1e-3", "1E+10", "00.5"}) EXPECT_TRUE(is_decimal(text)) << text;
  for (const char* text : {"", "-", ".5", "5.", "+1", "1e", "1e+", "NaN", "inf", "0x1", "1,5", " 1"})
    EXPECT_FALSE(is_decimal(text)) << text;
  EXPECT_EQ(decimal("0.90"), decimal("0.9"));
  EXPECT_EQ(decimal("-1e-3"), -0.001);
  EXPECT_EQ(decimal("1e999"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(decimal("-1e999"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(decimal("1e-999"), 0);
  EXPECT_THROW(decimal("NaN"), Bug);
}

TEST(Check, ThrowsABugThatNamesTheCondition) {
  try {
    MILLRACE_CHECK(1 + 1 == 3);
    FAIL();
  } catch (const Bug& bug) {
    EXPECT_NE(std::string(bug.what()).find("1 + 1 == 3"), std::string::npos);
  }
}

TEST(Lower, ChangesAsciiLettersAlone) { EXPECT_EQ(lower("InferenceService É-9"), "inferenceservice É-9"); }

TEST(Base64, GoesBothWays) {  // RFC 4648 10
  for (const auto& [bytes, text] : std::vector<std::pair<std::string, std::string>>{
           {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}}) {
    EXPECT_EQ(base64_encoded(bytes), text);
    EXPECT_EQ(base64_decoded(text), bytes);
  }
  EXPECT_EQ(base64_encoded(""), "");
  EXPECT_EQ(base64_decoded("%%"), std::nullopt);
}

TEST(Hash, IsSha256) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(fingerprint("abc"), 0xba7816bf8f01cfeaULL);
}

static Result<int> half(int i) {
  if (i % 2) return Error{ErrorCode::Invalid, "odd"};
  return i / 2;
}
static Result<int> quarter(int i) {
  MILLRACE_TRY(h, half(i));
  MILLRACE_TRY(q, half(h));
  return q;
}

TEST(Result, TryPassesTheFirstErrorOn) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error(), (Error{ErrorCode::Invalid, "odd"}));
  EXPECT_STREQ(to_text(ErrorCode::TooManyRequests), "TooManyRequests");
}

}  // namespace millrace::core
