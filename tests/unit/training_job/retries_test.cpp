// What another attempt is worth.
#include "training_job/retries.h"

#include <gtest/gtest.h>

#include "unit/training_job/world.h"

namespace millrace::training_job {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kOutOfMemory = R"({"v":1,"exitCode":137,"signal":9,"outOfMemory":true,"stderr":""})";

std::string error(const char* reason) {
  return std::string(R"({"v":1,"error":{"reason":")") + reason + R"(","source":"","message":"it is so"}})";
}

Spec with_memory(const char* request, const char* limit) {
  Spec out = World().seen.job.spec;
  if (*request) out.train.resources.requests = {{"memory", request}};
  if (*limit) out.train.resources.limits = {{"memory", limit}};
  out.retry.out_of_memory = MemoryGrowth{.factor = {"1.5"}, .limit = {"8Gi"}};
  return out;
}

TEST(Memory, GrowsByTheFactorUpToTheLimit) {
  const Spec spec = with_memory("", "4Gi");
  EXPECT_EQ(grown_memory(spec, ""), "6144Mi");
  EXPECT_EQ(grown_memory(spec, "6144Mi"), "8192Mi");
  EXPECT_EQ(grown_memory(spec, "8192Mi"), "");
  EXPECT_EQ(grown_memory(with_memory("100Mi", ""), ""), "150Mi");
  EXPECT_EQ(grown_memory(with_memory("", ""), ""), "") << "nothing to multiply";
  EXPECT_EQ(grown_memory(with_memory("", "16Gi"), ""), "") << "it has more than the limit";
  Spec without = spec;
  without.retry.out_of_memory.reset();
  EXPECT_EQ(grown_memory(without, ""), "");
}

TEST(Memory, RequestAndLimitKeepTheirRatio) {
  const shared::Resources r = train_resources(with_memory("1Gi", "2Gi"), "3Gi");
  EXPECT_EQ(r.requests.at("memory"), "1536Mi");
  EXPECT_EQ(r.limits.at("memory"), "3072Mi");
  EXPECT_EQ(train_resources(with_memory("1Gi", "2Gi"), "").limits.at("memory"), "2Gi");
  EXPECT_EQ(train_resources(with_memory("1Gi", "4Gi"), "3Gi").limits.at("memory"), "4Gi") << "an edit gave it more";
}

TEST(Retries, OutOfMemoryGetsMoreAndAWipedStatusKnowsIt) {
  World w;
  w.seen.job.spec = with_memory("", "4Gi");
  w.until_it_trains();
  w.fails("churn-r1-a1", "train", 137, kOutOfMemory);
  w.settle();
  w.later(seconds(10));
  const auto plan = w.step();
  ASSERT_EQ(plan.children.size(), 1u);
  EXPECT_NE(json::dump(plan.children[0].desired).find(R"("memory":"6144Mi")"), std::string::npos);
  EXPECT_EQ(w.status().run.memory, "6144Mi");
  w.seen.job.status = {};
  w.settle();
  EXPECT_EQ(w.status().run.memory, "6144Mi");
  EXPECT_EQ(w.status().run.counted, 1);
  w.fails("churn-r1-a2", "train", 1);
  w.settle();
  w.later(minutes(1));
  w.settle();
  EXPECT_EQ(w.status().run.job, "churn-r1-a3");
  EXPECT_EQ(w.status().run.memory, "6144Mi") << "another failure keeps it";
}

TEST(Retries, WhatAnotherAttemptCannotCureEndsTheRun) {
  for (const char* reason :
       {"NoModel", "BadMetrics", "TooLarge", "BadTree", "StoreConflict", "NotFound", "Unauthorized", "DigestMismatch"}) {
    World w;
    w.until_it_trains();
    w.fails("churn-r1-a1", "publish", 10, error(reason));
    w.settle();
    EXPECT_EQ(w.status().phase, "Failed") << reason;
    EXPECT_EQ(w.status().run.reason, reason);
    EXPECT_EQ(w.status().run.attempt, 1) << reason;
  }
  for (const int code : {126, 127}) {
    World w;
    w.until_it_trains();
    w.fails("churn-r1-a1", "train", code);
    w.settle();
    EXPECT_EQ(w.status().phase, "Failed") << code;
  }
}

TEST(Retries, WhatMayPassIsTriedAgain) {
  for (const char* reason : {"Unreachable", "StoreFull", "StoreUnwritable", "SecretMissing"}) {
    World w;
    w.until_it_trains();
    w.fails("churn-r1-a1", "publish", 20, error(reason));
    w.settle();
    EXPECT_EQ(w.status().phase, "Retrying") << reason;
  }
  World w;
  w.until_it_trains();
  w.fails("churn-r1-a1", "train", 10);
  w.settle();
  EXPECT_EQ(w.status().phase, "Retrying") << "a user's exit code 10 is not the fetcher's";
}

}  // namespace
}  // namespace millrace::training_job
