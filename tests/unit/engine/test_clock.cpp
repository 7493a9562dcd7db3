#include <gtest/gtest.h>

#include "engine/driver/clock.h"

namespace millrace::engine {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::sys_time<std::chrono::milliseconds> kSystem{1'800'000'000s};

TEST(SteadyWall, GoesWithTheSystemsClockAndTheMonotonicOne) {
  SteadyWall wall;
  EXPECT_EQ(wall.at(kSystem, 5s).wall, core::Instant(1'800'000'000s));
  EXPECT_EQ(wall.at(kSystem + 90s, 95s).wall, core::Instant(1'800'000'090s));
  EXPECT_EQ(wall.at(kSystem + 91s, 96s).mono, core::Ticks(96s));
}

TEST(SteadyWall, FollowsAClockThatWasSetByATwelfth) {
  for (const auto jump : {3600s, -3600s, 86'400s}) {
    SteadyWall wall;
    const core::Instant began = wall.at(kSystem, 0s).wall;
    core::Ticks mono{};
    for (; mono < 120s; mono += 7ms) wall.at(kSystem + jump + mono, mono);  // readings much shorter than a millisecond of slew
    EXPECT_EQ(wall.at(kSystem + jump + 120s, 120s).wall - began, jump > 0s ? 130s : 110s);
    EXPECT_EQ(wall.behind(), jump > 0s ? jump - 10s : jump + 10s);
  }
}

TEST(SteadyWall, IsTheSystemsAgainAfterTwelveTimesTheJump) {
  SteadyWall wall;
  wall.at(kSystem, 0s);
  EXPECT_EQ(wall.at(kSystem + 60s + 720s, 720s).wall, core::Instant(1'800'000'780s));
  EXPECT_EQ(wall.at(kSystem + 60s + 900s, 900s).wall, core::Instant(1'800'000'960s));
  EXPECT_EQ(wall.behind(), 0s);
}

}  // namespace
}  // namespace millrace::engine
