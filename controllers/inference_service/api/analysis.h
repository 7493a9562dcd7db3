// Analysis: what a rollout measures of its canary and what it may not exceed (spec), and what was found (status).
// Source: D18, D25, D28, D32 of docs/decisions.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/time.h"
#include "json/schema.h"

namespace millrace::inference_service {

enum class Preset { None, ErrorRatio, LatencyP50, LatencyP95, LatencyP99 };
constexpr json::EnumName kPresets[] = {{0, "None"}, {1, "ErrorRatio"}, {2, "LatencyP50"}, {3, "LatencyP95"}, {4, "LatencyP99"}};
constexpr std::span<const json::EnumName> enum_names(Preset) { return kPresets; }

enum class Then { Pause, Continue };
constexpr json::EnumName kThens[] = {{0, "Pause"}, {1, "Continue"}};
constexpr std::span<const json::EnumName> enum_names(Then) { return kThens; }

struct StableRule {           // the canary's value against the stable revision's over the same window
  json::Decimal max_ratio{};  // at most so many times stable's
  json::Decimal min_ratio{};  // at least so many times stable's
  static const json::Schema schema;
  bool operator==(const StableRule&) const = default;
};
struct AnalysisMetric {
  std::string name{};            // "": the preset's
  Preset preset = Preset::None;  // exactly one of preset and query
  std::string query{};           // PromQL; {{canary}} {{stable}} {{namespace}} {{name}} {{window}} expand to generated matchers
  std::string max{}, min{};      // absolute: a decimal, or a duration ("250ms"), which is compared in seconds
  std::optional<StableRule> stable{};
  std::string min_samples{};       // requests before a verdict counts: "auto" or a number; "": auto; presets only
  std::int64_t failure_limit = 2;  // failing looks of a step that are borne
  static const json::Schema schema;
  bool operator==(const AnalysisMetric&) const = default;
};
struct Inconclusive {  // no data is not a bad model (D25)
  core::Duration timeout = std::chrono::hours(2);
  Then then = Then::Pause;
  static const json::Schema schema;
  bool operator==(const Inconclusive&) const = default;
};
struct Analysis {                  // an optional part of a rollout
  std::string source = "default";  // an administrator's metrics source (D32)
  core::Duration interval = std::chrono::seconds(30);
  core::Duration warmup = std::chrono::minutes(1);
  std::vector<AnalysisMetric> metrics{};
  Inconclusive inconclusive{};
  static const json::Schema schema;
  bool operator==(const Analysis&) const = default;
};

std::string name_of(const AnalysisMetric& metric);  // its name, or its preset's

// What was found of one metric in the step that goes on. `at` is the end of the window and the identity of a look (D18): a look with this
// instant or an earlier one is not counted again.
struct AnalysisStatus {
  std::string metric{};
  std::string rule{};                            // "max 0.01; at most 1.25 × stable"
  std::string value{}, stable{};                 // as measured; "": none. Volatile
  std::string stable_high{};                     // latencies: what stable's true value hardly exceeds; "": none. Volatile
  std::int64_t samples = 0, stable_samples = 0;  // requests in the window. Volatile
  std::string verdict{};                         // Pass, Fail, Inconclusive, SourceDown; "": not looked at yet. Once a look of the
                                                 // step was conclusive, Inconclusive is not said again: it stands in `why` alone
  std::string why{};                             // one sentence: what is missing, or what was exceeded. Volatile
  std::int64_t failures = 0;                     // failing looks of this step
  bool passed = false;                           // at least one conclusive pass in this step
  bool frozen = false;                           // `stable` is of an earlier step: at this weight it gets too few requests (D25)
  std::optional<core::Instant> at{};             // Volatile
  static const json::Schema schema;
  bool operator==(const AnalysisStatus&) const = default;
};

}  // namespace millrace::inference_service
