#include "telemetry/meters.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>
#include <type_traits>
#include <unordered_map>

#include "core/check.h"
#include "telemetry/process.h"

namespace millrace::telemetry {
namespace {

using Buckets = std::vector<double>;

// The buckets of controller-runtime's reconcile time, client-go's work queue, client-go's requests and their sizes.
const Buckets kReconcileBuckets{.005, .01, .025, .05, .1,  .15, .2,  .25, .3, .35, .4, .45, .5, .6, .7, .8, .9, 1,  1.25, 1.5,
                                1.75, 2,   2.5,  3,   3.5, 4,   4.5, 5,   6,  7,   8,  9,   10, 15, 20, 25, 30, 40, 50,   60};
const Buckets kQueueBuckets{1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, .1, 1, 10, 100, 1000};
const Buckets kRestBuckets{.005, .025, .1, .25, .5, 1, 2, 4, 8, 15, 30, 60};
const Buckets kByteBuckets{64, 256, 512, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216};

template <class Metric>
struct Native;
template <>
struct Native<Counter> {
  using Type = prometheus::Counter;
  static constexpr const char* kName = "counter";
};
template <>
struct Native<Gauge> {
  using Type = prometheus::Gauge;
  static constexpr const char* kName = "gauge";
};
template <>
struct Native<Histogram> {
  using Type = prometheus::Histogram;
  static constexpr const char* kName = "histogram";
};

auto builder(const Counter*) { return prometheus::BuildCounter(); }
auto builder(const Gauge*) { return prometheus::BuildGauge(); }
auto builder(const Histogram*) { return prometheus::BuildHistogram(); }

}  // namespace

struct Registry::Impl {
  prometheus::Registry registry{};
  std::vector<Described> described{};
};

Registry::Registry() : impl_(std::make_unique<Impl>()) {}
Registry::~Registry() = default;

std::string Registry::text() const {
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect()) + process_text(read_process());
}

std::vector<Described> Registry::described() const {
  std::vector<Described> out = impl_->described;
  for (const ProcessMetric& metric : process_metrics()) out.push_back({.name = metric.name, .type = metric.type});
  return out;
}

void Counter::add(double amount) const { static_cast<prometheus::Counter*>(impl_)->Increment(amount); }
double Counter::value() const { return static_cast<prometheus::Counter*>(impl_)->Value(); }
void Gauge::set(double value) const { static_cast<prometheus::Gauge*>(impl_)->Set(value); }
void Gauge::add(double amount) const { static_cast<prometheus::Gauge*>(impl_)->Increment(amount); }
double Gauge::value() const { return static_cast<prometheus::Gauge*>(impl_)->Value(); }
void Histogram::observe(double value) const { static_cast<prometheus::Histogram*>(impl_)->Observe(value); }

// The members that were handed out: prometheus-cpp makes a whole new histogram for each question after an old one.
template <class Metric>
struct Family<Metric>::Known {
  std::mutex mutex{};
  std::unordered_map<std::string, Metric> members{};  // by their values
};

template <class Metric>
Family<Metric>::Family(Registry& registry, std::string_view name, std::string_view help, std::vector<std::string> labels,
                       const Buckets* buckets)
    : impl_(&builder(static_cast<Metric*>(nullptr)).Name(std::string(name)).Help(std::string(help)).Register(registry.impl_->registry)),
      labels_(std::move(labels)),
      buckets_(buckets),
      known_(std::make_unique<Known>()) {
  registry.impl_->described.push_back(
      {.name = std::string(name), .type = Native<Metric>::kName, .labels = labels_, .buckets = buckets ? *buckets : Buckets{}});
  if (labels_.empty() && !std::is_same_v<Metric, Histogram>) with({});
}

template <class Metric>
Family<Metric>::~Family() = default;

template <class Metric>
Metric Family<Metric>::with(std::initializer_list<std::string_view> values) const {
  MILLRACE_CHECK(values.size() == labels_.size());
  std::string key;
  for (const std::string_view value : values) (key += value) += '\0';
  const std::lock_guard lock(known_->mutex);
  if (const auto it = known_->members.find(key); it != known_->members.end()) return it->second;
  std::map<std::string, std::string> labels;
  for (std::size_t i = 0; i < values.size(); ++i) labels[labels_[i]] = *(values.begin() + i);
  auto& family = *static_cast<prometheus::Family<typename Native<Metric>::Type>*>(impl_);
  const auto made = [&] {
    if constexpr (std::is_same_v<Metric, Histogram>) {
      return Metric(&family.Add(labels, *buckets_));
    } else {
      return Metric(&family.Add(labels));
    }
  };
  return known_->members.emplace(std::move(key), made()).first->second;
}

template class Family<Counter>;
template class Family<Gauge>;
template class Family<Histogram>;

Meters::Meters()
    : reconcile_total(registry, "controller_runtime_reconcile_total", "Total number of reconciliations per controller",
                      {"controller", "result"}),
      reconcile_errors(registry, "controller_runtime_reconcile_errors_total", "Total number of reconciliation errors per controller",
                       {"controller"}),
      terminal_errors(registry, "controller_runtime_terminal_reconcile_errors_total",
                      "Total number of terminal reconciliation errors per controller: objects that cannot be read", {"controller"}),
      reconcile_panics(registry, "controller_runtime_reconcile_panics_total", "Total number of reconciliation panics per controller",
                       {"controller"}),
      reconcile_seconds(registry, "controller_runtime_reconcile_time_seconds", "Length of time per reconciliation per controller",
                        {"controller"}, &kReconcileBuckets),
      max_concurrent_reconciles(registry, "controller_runtime_max_concurrent_reconciles",
                                "Maximum number of concurrent reconciles per controller", {"controller"}),
      active_workers(registry, "controller_runtime_active_workers", "Number of currently used workers per controller", {"controller"}),
      queue_depth(registry, "workqueue_depth", "Current depth of workqueue by workqueue and priority", {"name", "controller", "priority"}),
      queue_adds(registry, "workqueue_adds_total", "Total number of adds handled by workqueue", {"name", "controller"}),
      queue_retries(registry, "workqueue_retries_total", "Total number of retries handled by workqueue", {"name", "controller"}),
      queue_seconds(registry, "workqueue_queue_duration_seconds", "How long in seconds an item stays in workqueue before being requested",
                    {"name", "controller"}, &kQueueBuckets),
      work_seconds(registry, "workqueue_work_duration_seconds", "How long in seconds processing an item from workqueue takes.",
                   {"name", "controller"}, &kQueueBuckets),
      unfinished_work_seconds(registry, "workqueue_unfinished_work_seconds",
                              "Seconds of work in progress that work_duration has not observed yet", {"name", "controller"}),
      longest_running_seconds(registry, "workqueue_longest_running_processor_seconds",
                              "How long the longest running processor has been running", {"name", "controller"}),
      rest_requests(registry, "rest_client_requests_total", "Number of HTTP requests, partitioned by status code, method, and host.",
                    {"code", "method", "host"}),
      rest_seconds(registry, "rest_client_request_duration_seconds", "Request latency in seconds. Broken down by verb, and host.",
                   {"verb", "host"}, &kRestBuckets),
      rest_request_bytes(registry, "rest_client_request_size_bytes", "Request size in bytes. Broken down by verb and host.",
                         {"verb", "host"}, &kByteBuckets),
      rest_response_bytes(registry, "rest_client_response_size_bytes", "Response size in bytes. Broken down by verb and host.",
                          {"verb", "host"}, &kByteBuckets),
      rest_retries(registry, "rest_client_request_retries_total", "Number of request retries, partitioned by status code, verb, and host.",
                   {"code", "verb", "host"}),
      leader(registry, "leader_election_master_status",
             "Whether the reporting system is the leader of the lease, 0 indicates backup, 1 leader", {"name"}),
      leader_slowpath(registry, "leader_election_slowpath_total", "Total number of slow path exercised in renewing leader leases",
                      {"name"}),
      flow_schemas(registry, "millrace_flow_schema_responses_total",
                   "Answers of the API server by the uids of the flow schema and the priority level that let the call through",
                   {"flow_schema", "priority_level"}),
      writes(registry, "millrace_writes_total", "Writes of passes and events by verb and result; skipped: it was so already",
             {"verb", "result"}),
      decisions(registry, "millrace_decisions_total", "Decisions written to statuses, by the reason that their events bear",
                {"controller", "reason"}),
      relists(registry, "millrace_relists_total", "Full lists of a kind after the first, by the reason for them", {"kind", "reason"}),
      watch_starts(registry, "millrace_watch_starts_total", "Watches opened", {"kind"}),
      watch_idle_timeouts(registry, "millrace_watch_idle_timeouts_total", "Watches closed because nothing came, not even a bookmark",
                          {"kind"}),
      watch_age_seconds(registry, "millrace_watch_age_seconds", "How long the watch has been open; 0 while none is", {"kind"}),
      watch_last_event_seconds(registry, "millrace_watch_last_event_seconds",
                               "How long ago something last came of the kind: a list, an event or a bookmark", {"kind"}),
      cache_objects(registry, "millrace_cache_objects", "Objects held in memory", {"kind"}),
      cache_bytes(registry, "millrace_cache_bytes", "Memory of the objects that are held, as estimated from their members", {"kind"}),
      questions(registry, "millrace_questions_total", "Objects that a plan asked of the API server, not of the caches, by result",
                {"result"}),
      metrics_queries(registry, "millrace_metrics_queries_total", "Queries to a metrics source that were answered, or were not",
                      {"source", "result"}),
      metrics_seconds(registry, "millrace_metrics_query_duration_seconds", "How long a metrics source took for a query", {"source"},
                      &kRestBuckets),
      metrics_in_flight(registry, "millrace_metrics_queries_in_flight", "Queries that a metrics source is answering", {"source"}),
      api_installed(registry, "millrace_optional_api_installed", "1 while the cluster has the API of an optional kind", {"kind"}),
      live_reads(registry, "millrace_live_reads_total", "Reads of passes past the caches, by reason", {"reason"}),
      clock_behind_seconds(registry, "millrace_clock_behind_seconds",
                           "How far the clock that the process goes by is behind the system's, which was set; negative: ahead", {}),
      fence_conflicts(registry, "millrace_fence_conflicts_total", "Passes planned again because the status write met a newer object", {}),
      fencing_rejections(registry, "millrace_fencing_rejections_total", "Writes held back or cut off because the lease was not safely held",
                         {}),
      crd_outdated(registry, "millrace_crd_outdated",
                   "1 while the CRD of a kind is absent or older than this program: its controller does not run until `file` is applied",
                   {"kind", "file"}),
      bugs(registry, "millrace_internal_errors_total", "Broken promises of our own code, contained per object", {"controller"}),
      build(registry, "millrace_build_info", "Always 1; the version is in the label", {"version"}) {}

void Meters::declare_controller(const std::string& name, int workers) {
  for (const char* result : {"success", "error", "requeue", "requeue_after"}) reconcile_total.with({name, result});
  reconcile_errors.with({name});
  terminal_errors.with({name});
  reconcile_panics.with({name});
  bugs.with({name});
  max_concurrent_reconciles.with({name}).set(workers);
  active_workers.with({name});
  queue_adds.with({name, name});
  queue_retries.with({name, name});
  for (const char* priority : {"0", "-100"}) queue_depth.with({name, name, priority});
  unfinished_work_seconds.with({name, name});
  longest_running_seconds.with({name, name});
}

void Meters::declare_kind(const std::string& kind) {
  watch_starts.with({kind});
  watch_idle_timeouts.with({kind});
}

void Meters::declare_lease(const std::string& name) {
  leader.with({name});
  leader_slowpath.with({name});
}

}  // namespace millrace::telemetry
