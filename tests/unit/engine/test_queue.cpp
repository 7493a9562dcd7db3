#include <gtest/gtest.h>

#include "engine/queue.h"

namespace millrace::engine {
namespace {

using core::Ticks;
const kube::ObjectKey kA{"ml", "a"}, kB{"ml", "b"}, kC{"ml", "c"};

TEST(WorkQueue, AKeyIsQueuedOnceAndTakenInOrder) {
  WorkQueue q;
  q.add(kA, Ticks{0});
  q.add(kB, Ticks{0});
  q.add(kA, Ticks{1});
  EXPECT_EQ(q.depth(), 2u);
  EXPECT_EQ(q.take(Ticks{5}), kA);
  EXPECT_EQ(q.take(Ticks{5}), kB);
  EXPECT_FALSE(q.take(Ticks{5}));
}

TEST(WorkQueue, AKeyAddedWhileWorkedOnComesAgainWhenDone) {
  WorkQueue q;
  q.add(kA, Ticks{0});
  ASSERT_EQ(q.take(Ticks{0}), kA);
  q.add(kA, Ticks{1});
  EXPECT_FALSE(q.take(Ticks{1}));  // never two workers on one key
  q.done(kA, Ticks{2});
  EXPECT_EQ(q.take(Ticks{2}), kA);
  q.done(kA, Ticks{3});
  EXPECT_FALSE(q.take(Ticks{3}));
}

TEST(WorkQueue, DelayedAddsKeepTheEarliest) {
  WorkQueue q;
  q.add_at(kA, Ticks{100});
  q.add_at(kA, Ticks{50});
  q.add_at(kA, Ticks{200});
  EXPECT_EQ(q.wake(), Ticks{50});
  EXPECT_FALSE(q.take(Ticks{49}));
  EXPECT_EQ(q.take(Ticks{50}), kA);
  q.done(kA, Ticks{50});
  EXPECT_FALSE(q.take(Ticks{300}));
}

TEST(WorkQueue, BackoffDoublesAndIsForgotten) {
  WorkQueue q;
  Ticks now{0};
  for (const int wait : {5, 10, 20, 40}) {
    q.retry(kA, now);
    ASSERT_EQ(q.wake(), now + Ticks{wait});
    now = *q.wake();
    ASSERT_EQ(q.take(now), kA);
    q.done(kA, now);
  }
  for (int i = 0; i < 40; ++i) {
    q.retry(kA, now);
    ASSERT_LE(*q.wake() - now, Ticks{1'000'000});
    now = *q.wake();
    ASSERT_EQ(q.take(now), kA);
    q.done(kA, now);
  }
  q.retry(kA, now);
  EXPECT_EQ(*q.wake() - now, Ticks{1'000'000});
  now = *q.wake();
  (void)q.take(now);
  q.done(kA, now);
  q.forget(kA);
  q.retry(kA, now);
  EXPECT_EQ(*q.wake() - now, Ticks{5});
}

TEST(WorkQueue, LowPriorityWaitsAndIsRaised) {
  WorkQueue q;
  q.add(kA, Ticks{0}, Priority::Low);
  q.add(kB, Ticks{0}, Priority::Low);
  q.add(kC, Ticks{0});
  q.add(kB, Ticks{0});
  EXPECT_EQ(q.take(Ticks{0}), kC);
  EXPECT_EQ(q.take(Ticks{0}), kB);
  EXPECT_EQ(q.take(Ticks{0}), kA);
}

TEST(WorkQueue, OfTheFirstListOneHasATurnAfterEightChanges) {
  WorkQueue q;
  q.add(kA, Ticks{0}, Priority::Low);
  q.add(kB, Ticks{0}, Priority::Low);
  std::string taken;
  for (int i = 0; i < 18; ++i) {
    q.add(kC, Ticks{i});  // changes come without end
    const auto key = q.take(Ticks{i});
    taken += key->name;
    q.done(*key, Ticks{i});
  }
  EXPECT_EQ(taken, "ccccccccaccccccccb");
}

TEST(WorkQueue, AFailedKeyKeepsItsPriorityUntilItSucceeds) {
  WorkQueue q;
  q.add(kA, Ticks{0}, Priority::Low);
  ASSERT_EQ(q.take(Ticks{0}), kA);
  q.done(kA, Ticks{0});
  q.retry(kA, Ticks{0});
  q.add(kB, Ticks{100});
  EXPECT_EQ(q.take(Ticks{100}), kB) << "though the other waits longer";
  ASSERT_EQ(q.take(Ticks{100}), kA);
  q.done(kA, Ticks{100});
  q.forget(kA);
  q.retry(kA, Ticks{100});
  q.add(kC, Ticks{200}, Priority::Low);
  EXPECT_EQ(q.take(Ticks{200}), kA);
}

TEST(WorkQueue, WhatTheServerToldIsKeptButForALoop) {
  WorkQueue q;
  q.retry(kA, Ticks{0}, core::Duration{7'000});
  EXPECT_EQ(q.wake(), Ticks{7'000});
  q.retry(kB, Ticks{0}, core::Duration{0});
  EXPECT_EQ(q.wake(), Ticks{1'000});
}

TEST(WorkQueue, AThousandKeysThatFailDoNotWaitForEachOther) {
  WorkQueue q;
  for (int i = 0; i < 1'000; ++i) {
    const kube::ObjectKey key{"ml", std::to_string(i)};
    q.add(key, Ticks{0});
    ASSERT_EQ(q.take(Ticks{0}), key);
    q.done(key, Ticks{0});
    q.retry(key, Ticks{0});
  }
  int due = 0;
  while (q.take(Ticks{5})) ++due;
  EXPECT_EQ(due, 1'000) << "no limit over all keys";
}

TEST(WorkQueue, ACopyGoesItsOwnWay) {
  WorkQueue q;
  q.add(kA, Ticks{0});
  WorkQueue fork = q;
  EXPECT_EQ(fork.take(Ticks{0}), kA);
  EXPECT_EQ(q.take(Ticks{0}), kA);
}

TEST(WorkQueue, TellsHowManyOfLowPriorityWaitAndHowLongOthersAreWorkedOn) {
  WorkQueue q;
  q.add(kA, Ticks{0}, Priority::Low);
  q.add(kB, Ticks{0}, Priority::Low);
  q.add(kC, Ticks{0});
  EXPECT_EQ(q.low(), 2u);
  q.add(kA, Ticks{1});  // raised
  EXPECT_EQ(q.low(), 1u);
  EXPECT_EQ(q.take(Ticks{10}), kC);
  EXPECT_EQ(q.take(Ticks{40}), kA);
  EXPECT_EQ(q.take(Ticks{100}), kB);
  EXPECT_EQ(q.low(), 0u);
  EXPECT_EQ(q.work(Ticks{100}).unfinished, core::Duration{150});
  EXPECT_EQ(q.work(Ticks{100}).longest, core::Duration{90});
  q.done(kC, Ticks{100});
  EXPECT_EQ(q.work(Ticks{100}).longest, core::Duration{60});
  q.retry(kB, Ticks{100});
  q.done(kB, Ticks{200});
  EXPECT_EQ(q.take(Ticks{300}), kB);
  EXPECT_EQ(q.low(), 0u) << "it went through the line of low priority once more";
}

}  // namespace
}  // namespace millrace::engine
