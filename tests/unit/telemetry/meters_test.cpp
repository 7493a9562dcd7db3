#include "telemetry/meters.h"

#include <gtest/gtest.h>

#include <sstream>

#include "core/check.h"
#include "telemetry/process.h"

namespace millrace::telemetry {
namespace {

bool has_line(const std::string& text, const std::string& wanted) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line == wanted) return true;
  }
  return false;
}

TEST(Meters, StartControllersAtZero) {
  Meters meters;
  meters.declare_controller("trainingjob", 4);
  const std::string text = meters.text();
  for (const char* line : {R"(controller_runtime_reconcile_total{controller="trainingjob",result="success"} 0)",
                           R"(controller_runtime_reconcile_total{controller="trainingjob",result="requeue_after"} 0)",
                           R"(controller_runtime_reconcile_errors_total{controller="trainingjob"} 0)",
                           R"(controller_runtime_max_concurrent_reconciles{controller="trainingjob"} 4)",
                           R"(workqueue_adds_total{controller="trainingjob",name="trainingjob"} 0)",
                           R"(workqueue_depth{controller="trainingjob",name="trainingjob",priority="-100"} 0)",
                           "# TYPE millrace_fence_conflicts_total counter"}) {
    EXPECT_TRUE(has_line(text, line)) << line << " is not in\n" << text;
  }
}

TEST(Meters, CountAndObserve) {
  Meters meters;
  meters.rest_requests.with({"<error>", "GET", "h"}).add();
  meters.rest_requests.with({"<error>", "GET", "h"}).add(2);
  meters.leader.with({"millrace"}).set(1);
  meters.leader.with({"millrace"}).add(-1);
  meters.reconcile_seconds.with({"c"}).observe(0.07);
  const std::string text = meters.text();
  EXPECT_TRUE(has_line(text, R"(rest_client_requests_total{code="<error>",host="h",method="GET"} 3)")) << text;
  EXPECT_TRUE(has_line(text, R"(leader_election_master_status{name="millrace"} 0)"));
  EXPECT_TRUE(has_line(text, R"(controller_runtime_reconcile_time_seconds_bucket{controller="c",le="0.05"} 0)"));
  EXPECT_TRUE(has_line(text, R"(controller_runtime_reconcile_time_seconds_bucket{controller="c",le="0.1"} 1)"));
  EXPECT_TRUE(has_line(text, R"(controller_runtime_reconcile_time_seconds_bucket{controller="c",le="60"} 1)"));
}

TEST(Meters, KnowMetricsSources) {
  Meters meters;
  meters.metrics_queries.with({"default", "no_data"}).add();
  meters.metrics_seconds.with({"default"}).observe(0.3);
  meters.metrics_in_flight.with({"default"}).set(2);
  meters.api_installed.with({"HTTPRoute"}).set(0);
  const std::string text = meters.text();
  EXPECT_TRUE(has_line(text, R"(millrace_metrics_queries_total{result="no_data",source="default"} 1)")) << text;
  EXPECT_TRUE(has_line(text, R"(millrace_metrics_query_duration_seconds_bucket{source="default",le="0.5"} 1)"));
  EXPECT_TRUE(has_line(text, R"(millrace_metrics_queries_in_flight{source="default"} 2)"));
  EXPECT_TRUE(has_line(text, R"(millrace_optional_api_installed{kind="HTTPRoute"} 0)"));
}

TEST(Meters, WantAllTheirLabels) {
  Meters meters;
  EXPECT_THROW(meters.leader.with({}), core::Bug);
}

TEST(Process, SeesItself) {
  const ProcessNumbers now = read_process();
  EXPECT_GT(now.resident_bytes, 1U << 20);
  EXPECT_GE(now.virtual_bytes, now.resident_bytes);
  EXPECT_GE(now.open_fds, 3U);
  EXPECT_GE(now.max_fds, now.open_fds);
  EXPECT_GE(now.threads, 1U);
  EXPECT_GT(now.start_time_seconds, 1.7e9);
}

TEST(Process, WritesWholeNumbersExactly) {
  const std::string text = process_text({.start_time_seconds = 1.79e9, .resident_bytes = 123456789});
  EXPECT_TRUE(has_line(text, "process_resident_memory_bytes 123456789")) << text;
  EXPECT_TRUE(has_line(text, "process_start_time_seconds 1790000000")) << text;
}

}  // namespace
}  // namespace millrace::telemetry
