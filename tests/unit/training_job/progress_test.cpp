// Progress: what pods tell becomes status, at most every 30 s; who tells nothing is ended by deadlines.stall.
#include "training_job/progress.h"

#include <gtest/gtest.h>

#include "training_job/children.h"
#include "unit/training_job/world.h"

namespace millrace::training_job {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kJob = "churn-r1-a1";

World listening() {
  World w;
  w.settings.reports = shared::Reports{.at = "10.96.0.7:443", .name = "millrace-reports.millrace.svc", .ca = "PEM $x\n"};
  w.seen.heard.since = kNow;
  return w;
}

World training() {
  World w = listening();
  w.until_it_trains();
  return w;
}

void tell(World& w, std::int64_t done, std::int64_t total = 100, std::int64_t attempt = 1) {
  w.seen.heard.what = told({.done = done, .total = total, .metrics = {{"accuracy", "0.5"}, {"loss", "0.25"}}}, 1, attempt);
  w.seen.heard.at = w.seen.now;
}

const ProgressStatus& progress(const World& w) { return w.status().run.progress; }

TEST(Progress, ReadsWhatAFileSays) {
  const auto report = parse_report(R"({"done": 3, "total": 10, "metrics": {"loss": 0.25, "step": 7}, "note": "x"})");
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(*report, (Report{.done = 3, .total = 10, .metrics = {{"loss", "0.25"}, {"step", "7"}}}));
}

TEST(Progress, SaysWhatIsWrongWithNonsense) {
  for (const auto& [text, why] : std::vector<std::pair<const char*, const char*>>{
           {"{", ""},
           {"[1]", "must be an object"},
           {"{}", "total: must be"},
           {R"({"done":0,"total":0})", "total: must be"},
           {R"({"done":11,"total":10})", "done: must be"},
           {R"({"done":-1,"total":10})", "done: must be"},
           {R"({"done":1.5,"total":10})", "done: must be"},
           {R"({"done":"1","total":10})", "done: must be"},
           {R"({"done":1,"total":1e300})", "total: must be"},
           {R"({"done":1,"total":2,"metrics":[]})", "metrics: must be"},
           {R"({"done":1,"total":2,"metrics":{"a":"1"}})", "metrics: names"},
           {R"({"done":1,"total":2,"metrics":{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":1}})", "metrics: names"}}) {
    const auto report = parse_report(text);
    ASSERT_FALSE(report.has_value()) << text;
    EXPECT_TRUE(report.error().message.starts_with(why)) << text << ": " << report.error().message;
  }
}

TEST(Progress, BecomesStatusAndAnEstimate) {
  World w = training();
  tell(w, 20);
  w.settle();
  EXPECT_EQ(progress(w).percent, "20%");
  EXPECT_EQ(progress(w).metrics, (json::StringMap{{"accuracy", "0.5"}})) << "gates name it";
  EXPECT_FALSE(w.status().run.eta.has_value()) << "no pace is known";
  w.later(minutes(10));
  tell(w, 30);
  w.settle();
  EXPECT_EQ(progress(w).percent, "30%");
  EXPECT_EQ(w.status().run.eta, w.seen.now + minutes(70)) << "ten in ten minutes; an attempt that resumes has not done the first 20";
}

TEST(Progress, IsTakenAtMostEveryThirtySeconds) {
  World w = training();
  tell(w, 1);
  w.settle();
  const core::Instant first = w.seen.now;
  w.later(seconds(10));
  tell(w, 2);
  EXPECT_TRUE(w.quiet());
  EXPECT_EQ(plan(w.seen, w.settings).wake, first + seconds(30));
  w.later(seconds(20));
  EXPECT_FALSE(w.quiet());
  w.settle();
  EXPECT_EQ(progress(w).done, 2);
  w.later(seconds(29));
  tell(w, 3);
  EXPECT_TRUE(w.quiet()) << "it counts from the write, not from the report that was written";
  w.later(seconds(1));
  w.settle();
  EXPECT_EQ(progress(w).done, 3);
  w.later(hours(1));
  EXPECT_TRUE(w.quiet()) << "an estimate does not move by itself";
}

TEST(Progress, StaysWhenMemoryIsLost) {
  World w = training();
  tell(w, 20);
  w.settle();
  const Status before = w.status();
  w.seen.heard = {.since = w.seen.now + seconds(50)};
  w.later(minutes(1));
  EXPECT_TRUE(w.quiet());
  EXPECT_EQ(w.status(), before);
}

TEST(Progress, OfAnotherAttemptOrWithoutReportsIsNotTaken) {
  World w = training();
  tell(w, 20, 100, 2);
  EXPECT_TRUE(w.quiet());
  tell(w, 20);
  w.settings.reports.reset();
  EXPECT_TRUE(w.quiet());
}

TEST(Progress, BeginsAnewWhenTrainDoes) {
  World w = training();
  tell(w, 50);
  w.settle();
  w.later(minutes(1));
  tell(w, 10);
  w.settle();
  EXPECT_EQ(progress(w).percent, "10%");
  EXPECT_FALSE(w.status().run.eta.has_value());
  w.later(minutes(1));
  tell(w, 20);
  w.settle();
  EXPECT_EQ(w.status().run.eta, w.seen.now + minutes(8));
}

TEST(Progress, EndsWithItsAttempt) {
  World w = training();
  tell(w, 50);
  w.settle();
  w.publishes(kJob);
  w.settle();
  EXPECT_EQ(progress(w), ProgressStatus{});
  EXPECT_FALSE(w.status().run.eta.has_value());
}

TEST(Stall, EndsAnAttemptThatTellsNothingNew) {
  World w = training();
  w.seen.job.spec.deadlines.stall = minutes(15);
  w.settle();
  w.later(minutes(14));
  tell(w, 40);
  w.settle();
  w.later(minutes(14));
  w.settle();
  EXPECT_EQ(w.status().phase, "Running");
  w.later(minutes(1));
  const auto plan = w.step();
  EXPECT_EQ(w.status().phase, "Retrying");
  EXPECT_EQ(w.status().run.counted, 1);
  ASSERT_EQ(w.status().attempts.size(), 1u);
  EXPECT_EQ(w.status().attempts[0].reason, "Stalled");
  EXPECT_EQ(w.status().attempts[0].message, "train told of no progress for 15m (deadlines.stall), the last was 40%");
  ASSERT_EQ(plan.deletes.size(), 1u);
  EXPECT_EQ(plan.deletes[0].name, kJob);
}

TEST(Stall, WaitsForThoseWhoCouldNotBeHeard) {
  World w = training();
  w.seen.job.spec.deadlines.stall = minutes(15);
  w.later(hours(2));
  w.seen.heard = {.since = w.seen.now};  // the operator was away
  w.settle();
  EXPECT_EQ(w.status().phase, "Running");
  EXPECT_EQ(plan(w.seen, w.settings).wake, w.seen.now + minutes(15));
}

TEST(Stall, IsOfTrainAlone) {
  World w = training();
  w.seen.job.spec.deadlines.stall = minutes(15);
  for (kube::ContainerStatus& c : w.pod_of(kJob).status.containers) {
    if (c.name == "train")
      c.state = {.terminated = kube::ContainerTerminated{.exit_code = 0, .started_at = w.seen.now, .finished_at = w.seen.now}};
  }
  w.later(hours(2));
  w.settle();
  EXPECT_TRUE(w.status().attempts.empty()) << "publish may take its time";
}

TEST(Stall, IsSaidToBeIgnoredWhereNobodyListens) {
  World w;
  w.seen.job.spec.deadlines.stall = minutes(15);
  w.until_it_trains();
  w.later(hours(2));
  w.settle();
  EXPECT_EQ(w.status().phase, "Running");
  const kube::Condition* accepted = kube::find(w.status().conditions, "Accepted");
  ASSERT_NE(accepted, nullptr);
  EXPECT_EQ(accepted->status, "True");
  EXPECT_NE(accepted->message.find("deadlines.stall is not watched"), std::string::npos) << accepted->message;
}

TEST(Progress, ThePodOfARunIsToldWhereToReportAndWhoItIs) {
  const World w = listening();
  const std::string text = json::dump(run_job(w.seen.job, {.run = {.number = 3, .attempt = 1, .job = "j"}}, w.settings).desired);
  for (const char* part :
       {R"("--report","https://millrace-reports.millrace.svc/v1/progress/tj-3","--report-at","10.96.0.7:443","--","python")",
        R"({"name":"MILLRACE_REPORTS_CA","value":"PEM $$x\n"})",
        R"("serviceAccountToken":{"audience":"millrace.dev/run/tj-3","expirationSeconds":3600,"path":"token"})",
        R"({"mountPath":"/millrace/reports","name":"reports","readOnly":true})"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(json::dump(run_job(w.seen.job, {.run = {.number = 3, .attempt = 1, .job = "j"}}, {}).desired).find("--report"),
            std::string::npos);
}

TEST(Stall, APodThatCannotBeHeardIsNotWatched) {
  World w;
  w.seen.job.spec.deadlines.stall = minutes(15);
  w.until_it_trains();  // made by an operator that did not listen
  w.settings.reports = shared::Reports{.at = "10.96.0.7:443", .name = "millrace-reports.millrace.svc", .ca = "PEM\n"};
  w.seen.heard.since = w.seen.now;
  w.later(hours(1));
  w.settle();
  EXPECT_EQ(w.status().phase, "Running");
  EXPECT_TRUE(w.status().attempts.empty());
}

}  // namespace
}  // namespace millrace::training_job
