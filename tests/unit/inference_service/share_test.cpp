#include "inference_service/share.h"

#include <gtest/gtest.h>

namespace millrace::inference_service {
namespace {

TEST(Share, IsRoundedToTheNearestPercent) {
  EXPECT_EQ(share_of(1, 2), 33);
  EXPECT_EQ(share_of(2, 1), 67);
  EXPECT_EQ(share_of(0, 0), 0);
  EXPECT_EQ(share_of(3, 0), 100);
}

TEST(Share, CanariesComeNearestToTheWeight) {
  struct Row {
    std::int64_t weight, stable, most, count;
  };
  constexpr Row kRows[] = {{50, 1, 1, 1}, {50, 2, 2, 2}, {10, 3, 3, 1}, {10, 9, 9, 1}, {25, 9, 9, 3}, {90, 4, 4, 4}, {50, 10, 5, 5}};
  for (const Row& row : kRows) EXPECT_EQ(canaries_for(row.weight, row.stable, row.most), row.count) << row.weight << " of " << row.stable;
}

TEST(Share, TheMissIsWhatToleranceIsAbout) {
  EXPECT_EQ(miss_of(50, 1, 1), 0);
  EXPECT_EQ(miss_of(10, 3, 3), 15);
  EXPECT_EQ(miss_of(10, 1, 1), 40);
  EXPECT_EQ(miss_of(90, 4, 4), 40) << "a surge of 100 % gives half at most";
}

TEST(Share, SwappedPodsLeaveSomebodyToStable) {
  EXPECT_EQ(swapped_in(50, 4), 2);
  EXPECT_EQ(swapped_in(10, 4), 1);
  EXPECT_EQ(swapped_in(95, 4), 3);
  EXPECT_EQ(swapped_in(50, 1), 1);
}

TEST(Share, SurgeIsAPartOfStableAndAtLeastOne) {
  EXPECT_EQ(most_canaries(4, "100%"), 4);
  EXPECT_EQ(most_canaries(4, "50%"), 2);
  EXPECT_EQ(most_canaries(1, "10%"), 1);
}

TEST(Share, RetiredPodsLeaveByQuarters) {
  EXPECT_EQ(shrunk(8, 8), 6);
  EXPECT_EQ(shrunk(2, 8), 0);
  EXPECT_EQ(shrunk(3, 3), 2);
  EXPECT_EQ(shrunk(1, 3), 0);
}

}  // namespace
}  // namespace millrace::inference_service
