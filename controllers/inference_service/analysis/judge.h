// Judge: what one look says of one metric, from its numbers alone. Pure; the statistics of tests run on it directly.
#pragma once

#include <optional>
#include <string>

#include "inference_service/analysis/evidence.h"
#include "inference_service/api/analysis.h"

namespace millrace::inference_service {

struct Limits {  // a metric's rules as numbers, presets' defaults included
  std::optional<double> max{}, min{}, max_ratio{}, min_ratio{};
  bool absolute() const { return max || min; }
  bool compares() const { return max_ratio || min_ratio; }
};
Limits limits_of(const AnalysisMetric& metric);

std::optional<double> quantile_of(Preset preset);                                     // nullopt: it is none
std::string rule_text(const AnalysisMetric& metric, const std::string& stable = {});  // "max 0.01; at most 1.25 × stable (0.02)"
std::string measure_text(const AnalysisMetric& metric, double value);

struct Measured {                                                       // in one window
  Counts canary{}, stable{};                                            // presets
  std::optional<double> value{}, stable_value{}, low{}, stable_high{};  // low: asked for only when `value` is beyond a limit
  bool comparable = true;                                               // false: there is no stable revision, comparisons do not count
};

struct Opinion {
  enum class Is { Pass, Inconclusive, Fail };
  Is is = Is::Inconclusive;
  std::string why{};
};
Opinion judge(const AnalysisMetric& metric, const Measured& measured);

// A latency beyond a limit, by its value alone: then its lower bound decides.
bool is_suspect(const AnalysisMetric& metric, const Measured& measured);

}  // namespace millrace::inference_service
