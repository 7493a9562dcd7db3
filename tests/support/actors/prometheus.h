// Prometheus: what the metrics sources of a simulation answer, scripted by the scenario:
//   Prometheus p = prometheus({{.contains = "errors", .says = [](core::Instant at) { return at < kBad ? value(0.01) : value(0.4); }},
//                              {.source = "slow", .says = always(late(no_data(), std::chrono::seconds(12)))}});
// The first row that matches decides; a query that none matches finds no data. Thread contract: pure functions.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/time.h"
#include "kube/client/transport.h"

namespace millrace::sim {

struct MetricsOutcome {
  enum class What { Value, NoData, NotANumber, Down };
  What what = What::NoData;
  double value = 0;
  core::Duration after{0};  // longer than a query's deadline (10 s): no answer
};
inline MetricsOutcome value(double number) { return {.what = MetricsOutcome::What::Value, .value = number}; }
inline MetricsOutcome no_data() { return {}; }
inline MetricsOutcome not_a_number() { return {.what = MetricsOutcome::What::NotANumber}; }
inline MetricsOutcome down() { return {.what = MetricsOutcome::What::Down}; }
inline MetricsOutcome late(MetricsOutcome outcome, core::Duration after) {
  outcome.after = after;
  return outcome;
}

struct MetricsAsk {
  std::string source{}, ns{}, text{};
  core::Instant at{};  // the instant that the answer is about
};
using Prometheus = std::function<MetricsOutcome(const MetricsAsk&)>;

struct MetricsRow {
  std::string source{}, contains{};  // "": every one
  std::function<MetricsOutcome(core::Instant at)> says{};
};
Prometheus prometheus(std::vector<MetricsRow> rows);
inline std::function<MetricsOutcome(core::Instant)> always(MetricsOutcome outcome) {
  return [outcome](core::Instant) { return outcome; };
}

MetricsAsk ask_of(std::string source, std::string ns, std::string_view path_and_query);
core::Result<kube::Response> answer_of(const MetricsOutcome& outcome, core::Instant now);  // as the real server writes it

}  // namespace millrace::sim
