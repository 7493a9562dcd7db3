#include "core/time.h"

#include <gtest/gtest.h>

#include "core/backoff.h"

namespace millrace::core {

using namespace std::chrono_literals;

TEST(Instants, AreWrittenInUtcWithWholeSeconds) {
  EXPECT_EQ(to_rfc3339(Instant{}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(Instant{1769860800s}), "2026-01-31T12:00:00Z");
  EXPECT_EQ(to_rfc3339(Instant{-1s}), "1969-12-31T23:59:59Z");
  EXPECT_EQ(to_rfc3339_micro(Instant{1769860800s}), "2026-01-31T12:00:00.000000Z");
}

TEST(Instants, AreReadWithFractionsDroppedAndOffsetsApplied) {
  const Instant noon{1769860800s};
  EXPECT_EQ(parse_rfc3339("2026-01-31T12:00:00Z"), noon);
  EXPECT_EQ(parse_rfc3339("2026-01-31T12:00:00.999999999Z"), noon);
  EXPECT_EQ(parse_rfc3339("2026-01-31T13:30:00+01:30"), noon);
  EXPECT_EQ(parse_rfc3339("2026-01-31T04:00:00-08:00"), noon);
  EXPECT_EQ(parse_rfc3339("2024-02-29T00:00:00Z"), Instant{1709164800s});
}

TEST(Instants, RefuseWhatIsNoRfc3339) {
  for (const char* text : {"", "2026-01-31", "2026-01-31T12:00:00", "2026-01-31 12:00:00Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
                           "2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z", "2026-01-31T12:00:60Z", "2026-01-31T12:00:00.Z",
                           "2026-01-31T12:00:00Zx", "2026-01-31T12:00:00+24:00", "26-01-31T12:00:00Z", "2026-1-31T12:00:00Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Durations, AreReadInGoStyle) {
  EXPECT_EQ(parse_duration("90s"), Duration(90s));
  EXPECT_EQ(parse_duration("1h30m"), Duration(90min));
  EXPECT_EQ(parse_duration("250ms"), Duration(250ms));
  EXPECT_EQ(parse_duration("0s"), Duration(0));
  EXPECT_EQ(parse_duration("1.5h"), Duration(90min));
  EXPECT_EQ(parse_duration("1m1.5s"), Duration(61500ms));
  EXPECT_EQ(parse_duration("2562047h"), Duration(2562047h));
}

TEST(Durations, RefuseWhatTheSchemaRefuses) {
  for (const char* text :
       {"", "5", "0", "s", "-5s", "+5s", "5d", "1us", "1h ", " 1h", "1.h", ".5h", "1h30", "5 m", "2562048h", "99999999999999999999s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Durations, AreWrittenWithoutZeroParts) {
  EXPECT_EQ(to_text(Duration(0)), "0s");
  EXPECT_EQ(to_text(Duration(90s)), "1m30s");
  EXPECT_EQ(to_text(Duration(2h)), "2h");
  EXPECT_EQ(to_text(Duration(1h + 250ms)), "1h250ms");
  EXPECT_EQ(to_text(Duration(-90s)), "-1m30s");
  EXPECT_EQ(parse_duration(to_text(Duration(3661001ms))), Duration(3661001ms));
}

TEST(Durations, AreToldInAtMostTwoNeighbouringUnits) {
  EXPECT_EQ(for_people(Duration(0)), "0s");
  EXPECT_EQ(for_people(Duration(250ms)), "250ms");
  EXPECT_EQ(for_people(Duration(4min)), "4m");
  EXPECT_EQ(for_people(Duration(2h + 10min + 7s)), "2h10m");
  EXPECT_EQ(for_people(Duration(25h + 3s)), "1d1h");
  EXPECT_EQ(for_people(Duration(24h + 5min)), "1d");
  EXPECT_EQ(for_people(Duration(61s + 4ms)), "1m1s");
  EXPECT_EQ(for_people(Duration(-4min)), "-4m");
}

TEST(Backoff, DoublesUpToTheCap) {
  EXPECT_EQ(backoff(5ms, 1s, 0), Duration(5ms));
  EXPECT_EQ(backoff(5ms, 1s, 3), Duration(40ms));
  EXPECT_EQ(backoff(5ms, 1s, 8), Duration(1s));
  EXPECT_EQ(backoff(5ms, 1s, 1000), Duration(1s));
  EXPECT_EQ(backoff(5ms, 1s, -1), Duration(5ms));
}

}  // namespace millrace::core
