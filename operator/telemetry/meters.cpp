#include "telemetry/meters.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <type_traits>

#include "core/check.h"
#include "telemetry/process.h"

namespace millrace::telemetry {
namespace {

using Buckets = std::vector<double>;

// The buckets of controller-runtime's reconcile time, client-go's work queue and client-go's requests.
const Buckets kReconcileBuckets{.005, .01, .025, .05, .1,  .15, .2,  .25, .3, .35, .4, .45, .5, .6, .7, .8, .9, 1,  1.25, 1.5,
                                1.75, 2,   2.5,  3,   3.5, 4,   4.5, 5,   6,  7,   8,  9,   10, 15, 20, 25, 30, 40, 50,   60};
const Buckets kQueueBuckets{1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, .1, 1, 10, 100, 1000};
const Buckets kRestBuckets{.005, .025, .1, .25, .5, 1, 2, 4, 8, 15, 30, 60};

template <class Metric>
struct Native;
template <>
struct Native<Counter> {
  using Type = prometheus::Counter;
};
template <>
struct Native<Gauge> {
  using Type = prometheus::Gauge;
};
template <>
struct Native<Histogram> {
  using Type = prometheus::Histogram;
};

auto builder(const Counter*) { return prometheus::BuildCounter(); }
auto builder(const Gauge*) { return prometheus::BuildGauge(); }
auto builder(const Histogram*) { return prometheus::BuildHistogram(); }

}  // namespace

void Counter::add(double amount) const { static_cast<prometheus::Counter*>(impl_)->Increment(amount); }
double Counter::value() const { return static_cast<prometheus::Counter*>(impl_)->Value(); }
void Gauge::set(double value) const { static_cast<prometheus::Gauge*>(impl_)->Set(value); }
void Gauge::add(double amount) const { static_cast<prometheus::Gauge*>(impl_)->Increment(amount); }
double Gauge::value() const { return static_cast<prometheus::Gauge*>(impl_)->Value(); }
void Histogram::observe(double value) const { static_cast<prometheus::Histogram*>(impl_)->Observe(value); }

template <class Metric>
Family<Metric>::Family(void* registry, std::string_view name, std::string_view help, std::vector<std::string> labels,
                       const Buckets* buckets)
    : impl_(&builder(static_cast<Metric*>(nullptr))
                 .Name(std::string(name))
                 .Help(std::string(help))
                 .Register(*static_cast<prometheus::Registry*>(registry))),
      labels_(std::move(labels)),
      buckets_(buckets) {
  if (labels_.empty() && !std::is_same_v<Metric, Histogram>) with({});
}

template <class Metric>
Metric Family<Metric>::with(const std::vector<std::string>& values) const {
  MILLRACE_CHECK(values.size() == labels_.size());
  std::map<std::string, std::string> labels;
  for (std::size_t i = 0; i < values.size(); ++i) labels[labels_[i]] = values[i];
  auto& family = *static_cast<prometheus::Family<typename Native<Metric>::Type>*>(impl_);
  if constexpr (std::is_same_v<Metric, Histogram>) {
    return Metric(&family.Add(labels, *buckets_));
  } else {
    return Metric(&family.Add(labels));
  }
}

template class Family<Counter>;
template class Family<Gauge>;
template class Family<Histogram>;

struct Registry::Impl {
  prometheus::Registry registry;
};

Registry::Registry() : impl_(std::make_unique<Impl>()) {}
Registry::~Registry() = default;
void* Registry::impl() { return &impl_->registry; }
std::string Registry::text() const {
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect()) + process_text(read_process());
}

Meters::Meters()
    : reconcile_total(registry.impl(), "controller_runtime_reconcile_total", "Total number of reconciliations per controller",
                      {"controller", "result"}),
      reconcile_errors(registry.impl(), "controller_runtime_reconcile_errors_total", "Total number of reconciliation errors per controller",
                       {"controller"}),
      reconcile_panics(registry.impl(), "controller_runtime_reconcile_panics_total", "Total number of reconciliation panics per controller",
                       {"controller"}),
      reconcile_seconds(registry.impl(), "controller_runtime_reconcile_time_seconds", "Length of time per reconciliation per controller",
                        {"controller"}, &kReconcileBuckets),
      max_concurrent_reconciles(registry.impl(), "controller_runtime_max_concurrent_reconciles",
                                "Maximum number of concurrent reconciles per controller", {"controller"}),
      active_workers(registry.impl(), "controller_runtime_active_workers", "Number of currently used workers per controller",
                     {"controller"}),
      queue_depth(registry.impl(), "workqueue_depth", "Current depth of workqueue by workqueue and priority",
                  {"name", "controller", "priority"}),
      queue_adds(registry.impl(), "workqueue_adds_total", "Total number of adds handled by workqueue", {"name", "controller"}),
      queue_retries(registry.impl(), "workqueue_retries_total", "Total number of retries handled by workqueue", {"name", "controller"}),
      queue_seconds(registry.impl(), "workqueue_queue_duration_seconds",
                    "How long in seconds an item stays in workqueue before being requested", {"name", "controller"}, &kQueueBuckets),
      work_seconds(registry.impl(), "workqueue_work_duration_seconds", "How long in seconds processing an item from workqueue takes.",
                   {"name", "controller"}, &kQueueBuckets),
      unfinished_work_seconds(registry.impl(), "workqueue_unfinished_work_seconds",
                              "Seconds of work in progress that work_duration has not observed yet", {"name", "controller"}),
      longest_running_seconds(registry.impl(), "workqueue_longest_running_processor_seconds",
                              "How long the longest running processor has been running", {"name", "controller"}),
      rest_requests(registry.impl(), "rest_client_requests_total", "Number of HTTP requests, partitioned by status code, method, and host.",
                    {"code", "method", "host"}),
      rest_seconds(registry.impl(), "rest_client_request_duration_seconds", "Request latency in seconds. Broken down by verb, and host.",
                   {"verb", "host"}, &kRestBuckets),
      leader(registry.impl(), "leader_election_master_status",
             "Whether the reporting system is the leader of the lease, 0 indicates backup, 1 leader", {"name"}),
      leader_slowpath(registry.impl(), "leader_election_slowpath_total", "Total number of slow path exercised in renewing leader leases",
                      {"name"}),
      writes(registry.impl(), "millrace_writes_total", "Writes to the API server by verb and result", {"verb", "result"}),
      decisions(registry.impl(), "millrace_decisions_total", "Decisions written to statuses, by the reason that their events bear",
                {"controller", "reason"}),
      relists(registry.impl(), "millrace_relists_total", "Full lists of a kind, by the reason for them", {"kind", "reason"}),
      watch_starts(registry.impl(), "millrace_watch_starts_total", "Watches opened", {"kind"}),
      watch_idle_timeouts(registry.impl(), "millrace_watch_idle_timeouts_total", "Watches closed because nothing came, not even a bookmark",
                          {"kind"}),
      cached_objects(registry.impl(), "millrace_cached_objects", "Objects held in memory", {"kind"}),
      questions(registry.impl(), "millrace_questions_total", "Facts looked up outside the caches, by source and result",
                {"source", "result"}),
      metrics_queries(registry.impl(), "millrace_metrics_queries_total", "Queries to a metrics source that were answered, or were not",
                      {"source", "result"}),
      metrics_seconds(registry.impl(), "millrace_metrics_query_duration_seconds", "How long a metrics source took for a query", {"source"},
                      &kRestBuckets),
      metrics_in_flight(registry.impl(), "millrace_metrics_queries_in_flight", "Queries that a metrics source is answering", {"source"}),
      api_installed(registry.impl(), "millrace_optional_api_installed", "1 while the cluster has the API of an optional kind", {"kind"}),
      live_reads(registry.impl(), "millrace_live_reads_total", "Reads past the caches, by reason", {"reason"}),
      fence_conflicts(registry.impl(), "millrace_fence_conflicts_total", "Passes planned again because the status write met a newer object",
                      {}),
      fence_rejections(registry.impl(), "millrace_fence_rejections_total", "Writes held back because the lease was not safely held", {}),
      crd_outdated(registry.impl(), "millrace_crd_outdated",
                   "1 while the CRD of a kind is absent or older than this program: its controller does not run until `file` is applied",
                   {"kind", "file"}),
      bugs(registry.impl(), "millrace_internal_errors_total", "Broken promises of our own code, contained per object", {"controller"}),
      build(registry.impl(), "millrace_build_info", "Always 1; the version is in the label", {"version"}) {}

void Meters::declare_controller(const std::string& name, int workers) {
  for (const char* result : {"success", "error", "requeue", "requeue_after"}) reconcile_total.with({name, result});
  reconcile_errors.with({name});
  reconcile_panics.with({name});
  bugs.with({name});
  max_concurrent_reconciles.with({name}).set(workers);
  active_workers.with({name});
  queue_adds.with({name, name});
  queue_retries.with({name, name});
  queue_depth.with({name, name, ""});
}

}  // namespace millrace::telemetry
