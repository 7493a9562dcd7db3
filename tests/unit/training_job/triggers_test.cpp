// How often triggers may begin runs.
#include "training_job/triggers.h"

#include <gtest/gtest.h>

#include "training_job/identity.h"
#include "training_job/pinned.h"
#include "unit/training_job/world.h"

namespace millrace::training_job {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// After run 2, which new data began and which has ended; a look has found other data again, and the next one is far off.
World with_news() {
  World w;
  w.seen.job.spec.triggers.new_data = true;
  w.seen.job.spec.data[0].poll_interval = hours(48);
  w.seen.job.spec.cache.enabled = false;
  w.until_it_is_done();
  w.seen.job.status.new_data = w.status().data;
  w.seen.job.status.new_data[0].identity = "sha256:2";
  w.settle();
  w.publishes("churn-r2-a1");
  w.settle();
  w.judge_version("churn-v2", "Ready");
  w.settle();
  w.seen.job.status.new_data = w.status().data;
  w.seen.job.status.new_data[0].identity = "sha256:3";
  return w;
}

TEST(Triggers, WithoutLimitsNewDataBeginsARun) {
  World w = with_news();
  w.settle();
  EXPECT_EQ(w.status().run.number, 3);
  ASSERT_EQ(w.status().triggers.size(), 2u);
  EXPECT_EQ(w.status().triggers[1].run, 3);
}

TEST(Triggers, TheCooldownIsWaitedFor) {
  World w = with_news();
  w.seen.job.spec.triggers.cooldown = hours(1);
  const auto plan = w.settle();
  EXPECT_EQ(w.status().run.number, 2);
  EXPECT_EQ(w.status().triggers.back().reason, "Cooldown");
  EXPECT_EQ(w.status().next_run_time, w.seen.now + hours(1));
  EXPECT_EQ(plan.wake, w.seen.now + hours(1));
  w.later(minutes(30));
  EXPECT_TRUE(w.quiet());
  w.later(minutes(30));
  w.settle();
  EXPECT_EQ(w.status().run.number, 3);
  EXPECT_FALSE(w.status().next_run_time);
}

TEST(Triggers, TheBudgetIsSpentAlsoWhenStatusIsLost) {
  World w = with_news();
  w.seen.job.spec.triggers.budget = Budget{.runs = 1, .per = hours(24)};
  const auto news = w.status().new_data;
  w.settle();
  EXPECT_EQ(w.status().run.number, 2);
  EXPECT_EQ(w.status().triggers.back().reason, "BudgetExhausted");
  EXPECT_EQ(w.status().budget, (BudgetStatus{.used = 1, .limit = 1, .resets_at = kNow + hours(24)}));
  w.seen.job.status = {};
  w.settle();
  EXPECT_EQ(w.status().budget.used, 1);
  w.seen.job.status.new_data = news;
  w.later(hours(23));
  w.settle();
  EXPECT_EQ(w.status().run.number, 2);
  w.later(hours(1));
  w.settle();
  EXPECT_EQ(w.status().run.number, 3);
}

TEST(Triggers, SoManyRefusedVersionsInARowStopThem) {
  World w = with_news();
  w.seen.job.spec.triggers.reject_limit = 2;
  const auto may = [&] { return leave(w.seen.job, w.status(), w.seen.versions, w.seen.now); };
  w.judge_version("churn-v2", "Rejected");
  EXPECT_TRUE(may().given()) << "one";
  w.judge_version("churn-v1", "Rejected");
  EXPECT_EQ(may().reason, "RejectLimit");
  EXPECT_FALSE(may().at) << "it does not pass by itself";
  w.seen.job.spec.run = "in spite of it";
  EXPECT_TRUE(may().given()) << "a person has asked";
  w.seen.job.spec.run = "";
  w.judge_version("churn-v2", "Ready");
  EXPECT_TRUE(may().given()) << "the row is broken";
  w.judge_version("churn-v2", "Rejected");
  w.seen.job.spec.triggers.reject_limit = 0;
  EXPECT_TRUE(may().given()) << "no limit";
}

}  // namespace
}  // namespace millrace::training_job
