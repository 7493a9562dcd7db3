// Meters: every metric of the program, by the names, labels and buckets of controller-runtime and client-go where they have one,
// millrace_* otherwise. One Meters is made in app and passed by reference. Durations are seconds, sizes bytes.
// docs/metrics.md lists them all; a test holds the two together.
// Thread contract: everything here may be used from any thread. A metric that was handed out lives as long as its Meters.
// Source: controller-runtime pkg/internal/{controller/metrics,metrics}, pkg/metrics; client-go tools/metrics.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "telemetry/few_values.h"

namespace millrace::telemetry {

class Counter {
 public:
  explicit Counter(void* impl) : impl_(impl) {}
  void add(double amount = 1) const;
  double value() const;

 private:
  void* impl_;
};

class Gauge {
 public:
  explicit Gauge(void* impl) : impl_(impl) {}
  void set(double value) const;
  void add(double amount) const;
  double value() const;

 private:
  void* impl_;
};

class Histogram {
 public:
  explicit Histogram(void* impl) : impl_(impl) {}
  void observe(double value) const;

 private:
  void* impl_;
};

struct Described {
  std::string name{}, type{};  // counter, gauge, histogram
  std::vector<std::string> labels{};
  std::vector<double> buckets{};
  bool operator==(const Described&) const = default;
};

class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  std::string text() const;                  // Prometheus text format 0.0.4, with the numbers of the process as they are now
  std::vector<Described> described() const;  // all families there are, those of the process too

 private:
  template <class Metric>
  friend class Family;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A name with fixed label names; with() gives the member for these label values, in that order.
template <class Metric>
class Family {
 public:
  Family(Registry& registry, std::string_view name, std::string_view help, std::vector<std::string> labels,
         const std::vector<double>* buckets = nullptr);
  ~Family();
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;
  Metric with(std::initializer_list<std::string_view> values) const;

 private:
  struct Known;
  void* impl_;
  std::vector<std::string> labels_;
  const std::vector<double>* buckets_;
  std::unique_ptr<Known> known_;
};

struct Meters {
  Meters();
  std::string text() const { return registry.text(); }
  // Series that exist from the start, at zero.
  void declare_controller(const std::string& name, int workers);
  void declare_kind(const std::string& kind);
  void declare_lease(const std::string& name);

  Registry registry;

  // label controller
  Family<Counter> reconcile_total;  // controller, result = success, error, requeue, requeue_after
  Family<Counter> reconcile_errors, terminal_errors, reconcile_panics;
  Family<Histogram> reconcile_seconds;
  Family<Gauge> max_concurrent_reconciles, active_workers;

  // labels name, controller
  Family<Gauge> queue_depth;  // name, controller, priority = 0, -100
  Family<Counter> queue_adds, queue_retries;
  Family<Histogram> queue_seconds, work_seconds;
  Family<Gauge> unfinished_work_seconds, longest_running_seconds;

  Family<Counter> rest_requests;                              // code ("<error>": no answer), method, host
  Family<Histogram> rest_seconds;                             // verb, host
  Family<Histogram> rest_request_bytes, rest_response_bytes;  // verb, host; of calls, not of watches
  Family<Counter> rest_retries;                               // code, verb, host

  Family<Gauge> leader;             // name; 0 or 1
  Family<Counter> leader_slowpath;  // name

  // millrace_*
  Family<Counter> flow_schemas;                               // flow_schema, priority_level: their uids, each by FewValues
  Family<Counter> writes;                                     // verb, result = done, conflict, refused, failed, skipped
  Family<Counter> decisions;                                  // controller, reason: Promoted, RolledBack, Step …
  Family<Counter> relists;                                    // kind, reason
  Family<Counter> watch_starts, watch_idle_timeouts;          // kind
  Family<Gauge> watch_age_seconds, watch_last_event_seconds;  // kind
  Family<Gauge> cache_objects, cache_bytes;                   // kind
  Family<Counter> questions;                                  // result = answered, absent, failed
  Family<Counter> metrics_queries;                            // source, result = value, no_data, not_a_number, unreachable
  Family<Histogram> metrics_seconds;                          // source
  Family<Gauge> metrics_in_flight;                            // source
  Family<Gauge> api_installed;                                // kind: an optional one; 0 or 1
  Family<Counter> live_reads;                                 // reason = fence, parent, child, stale
  Family<Gauge> clock_behind_seconds;                         // no labels
  Family<Counter> fence_conflicts, fencing_rejections;        // no labels
  Family<Gauge> crd_outdated;  // kind, file = what to apply; 1 while the kind's controller does not run for it
  Family<Counter> bugs;        // controller: broken promises of our own code, contained
  Family<Gauge> build;         // version; always 1

  FewValues flow_schema_uids{16}, priority_level_uids{16};
};

}  // namespace millrace::telemetry
