#include "inference_service/analysis/judge.h"

#include <algorithm>

#include "core/text.h"
#include "inference_service/analysis/text.h"

namespace millrace::inference_service {
namespace {

using Is = Opinion::Is;

constexpr double kErrorsDefault = 1.5, kLatencyDefault = 1.25;  // times stable's

struct Asked {                     // of samples
  double least = 0;                // before no verdict counts
  std::optional<double> enough{};  // a number: then what is not against a canary is for it; nullopt: as the rule needs
};

Asked asked_of(const AnalysisMetric& metric) {
  if (!core::is_decimal(metric.min_samples)) return {};
  const double n = core::decimal(metric.min_samples);
  return {n, n};
}

std::string too_few(const std::string& whose, double needs, double has) {
  return whose + "needs " + count_text(needs) + " requests, has " + count_text(has);
}

Opinion worst(const Opinion& a, const Opinion& b) { return b.is > a.is ? b : a; }

// What evidence against the canary decides; `few` tells what is missing.
Opinion decided(double evidence, bool enough, const std::string& facts, const std::string& few) {
  if (evidence >= kFails) return {Is::Fail, facts};
  if (evidence <= -kPasses || (enough && evidence <= kBarely)) return {Is::Pass, facts};
  return {Is::Inconclusive, enough ? "undecided yet: " + facts : few};
}

Opinion errors_beyond(const Counts& canary, double max, const Asked& asked) {
  const double enough = asked.enough.value_or(static_cast<double>(kEnough));
  const double needs = asked.enough.value_or(std::min(enough, max > 0 ? (kPasses + canary.errors) / max : enough));
  const std::string facts = count_text(canary.errors) + " of " + count_text(canary.requests) + " requests failed, " +
                            number_text(max * canary.requests) + " are allowed";
  return decided(beyond(canary, max), canary.requests >= enough, facts, too_few("", needs, canary.requests));
}

// Stable's requests may be a tenth of the canary's: at a weight of 90 % there are no more.
Opinion errors_against(const Counts& canary, const Counts& stable, double ratio, const Asked& asked) {
  const double enough = asked.enough.value_or(static_cast<double>(kEnough));
  const std::string facts = count_text(canary.errors) + " of " + count_text(canary.requests) + " requests failed, of stable's " +
                            count_text(stable.errors) + " of " + count_text(stable.requests);
  const bool little_of_stable = stable.requests < enough / 10;
  const std::string few = little_of_stable ? too_few("stable ", enough / 10, stable.requests) : too_few("", enough, canary.requests);
  return decided(contrast(canary, stable, ratio), canary.requests >= enough && !little_of_stable, facts, few);
}

Opinion judge_errors(const Limits& limits, const Measured& m, const Asked& asked) {
  Opinion out{Is::Pass, {}};
  if (limits.max) out = errors_beyond(m.canary, *limits.max, asked);
  if (limits.max_ratio && m.comparable) out = worst(out, errors_against(m.canary, m.stable, *limits.max_ratio, asked));
  return out;
}

struct Bar {  // what a latency is held against
  double value = 0, high = 0;
  bool known = true;  // `high` is
  std::string text{};
};

Opinion latency(const Measured& m, const Bar& bar, double enough) {
  const std::string facts = seconds_text(m.value.value_or(0)) + " where " + bar.text + " is allowed";
  if (bar.known && m.low && *m.low > bar.high) return {Is::Fail, facts};
  if (m.canary.requests < enough) return {Is::Inconclusive, too_few("", enough, m.canary.requests)};
  if (!m.value) return {Is::Inconclusive, "no latencies were measured"};
  if (*m.value <= bar.value) return {Is::Pass, facts};
  return {Is::Inconclusive, "undecided yet: " + facts};
}

Opinion latency_against(const Measured& m, double ratio, double enough) {
  if (!m.stable_value) return {Is::Inconclusive, "no latencies of stable were measured"};
  if (m.stable.requests < enough) {
    const Opinion canary{Is::Inconclusive, too_few("", enough, m.canary.requests)};
    if (m.canary.requests < enough) return canary;
    return {Is::Inconclusive, too_few("stable ", enough, m.stable.requests)};
  }
  const Bar bar{ratio * *m.stable_value, ratio * m.stable_high.value_or(0), m.stable_high.has_value(),
                number_text(ratio) + " × " + seconds_text(*m.stable_value)};
  return latency(m, bar, enough);
}

Opinion judge_latency(const Limits& limits, const Measured& m, const Asked& asked, double q) {
  const double enough = asked.enough.value_or(static_cast<double>(enough_for_quantile(q)));
  Opinion out{Is::Pass, {}};
  if (limits.max) out = latency(m, {*limits.max, *limits.max, true, seconds_text(*limits.max)}, enough);
  if (limits.max_ratio && m.comparable) out = worst(out, latency_against(m, *limits.max_ratio, enough));
  return out;
}

Opinion judge_query(const Limits& limits, const Measured& m) {
  if (!m.value) return {Is::Inconclusive, "the query yields no number for the canary"};
  if (limits.max && *m.value > *limits.max) return {Is::Fail, number_text(*m.value) + " exceeds " + number_text(*limits.max)};
  if (limits.min && *m.value < *limits.min) return {Is::Fail, number_text(*m.value) + " is below " + number_text(*limits.min)};
  if (!limits.compares() || !m.comparable) return {Is::Pass, number_text(*m.value)};
  if (!m.stable_value) return {Is::Inconclusive, "the query yields no number for the stable revision"};
  const auto against = [&](double ratio) { return number_text(ratio) + " × stable's " + number_text(*m.stable_value); };
  if (limits.max_ratio && *m.value > *limits.max_ratio * *m.stable_value)
    return {Is::Fail, number_text(*m.value) + " exceeds " + against(*limits.max_ratio)};
  if (limits.min_ratio && *m.value < *limits.min_ratio * *m.stable_value)
    return {Is::Fail, number_text(*m.value) + " is below " + against(*limits.min_ratio)};
  return {Is::Pass, number_text(*m.value) + ", stable's is " + number_text(*m.stable_value)};
}

std::optional<double> ratio_of(const json::Decimal& decimal) {
  return core::is_decimal(decimal.text) ? std::optional(core::decimal(decimal.text)) : std::nullopt;
}

}  // namespace

std::optional<double> quantile_of(Preset preset) {
  switch (preset) {
    case Preset::LatencyP50:
      return 0.5;
    case Preset::LatencyP95:
      return 0.95;
    case Preset::LatencyP99:
      return 0.99;
    case Preset::None:
    case Preset::ErrorRatio:
      return std::nullopt;
  }
  return std::nullopt;
}

Limits limits_of(const AnalysisMetric& metric) {
  Limits out{.max = measure_of(metric.max), .min = measure_of(metric.min)};
  if (metric.stable) {
    out.max_ratio = ratio_of(metric.stable->max_ratio);
    out.min_ratio = ratio_of(metric.stable->min_ratio);
  } else if (metric.preset != Preset::None && !out.max) {
    out.max_ratio = metric.preset == Preset::ErrorRatio ? kErrorsDefault : kLatencyDefault;
  }
  return out;
}

std::string measure_text(const AnalysisMetric& metric, double value) {
  return quantile_of(metric.preset) ? seconds_text(value) : number_text(value);
}

std::string rule_text(const AnalysisMetric& metric, const std::string& stable) {
  const Limits limits = limits_of(metric);
  const std::string of_stable = " × stable" + (stable.empty() ? std::string() : " (" + stable + ")");
  std::vector<std::string> parts;
  if (limits.max) parts.push_back("max " + metric.max);
  if (limits.min) parts.push_back("min " + metric.min);
  if (limits.max_ratio) parts.push_back("at most " + number_text(*limits.max_ratio) + of_stable);
  if (limits.min_ratio) parts.push_back("at least " + number_text(*limits.min_ratio) + of_stable);
  return core::join(parts, "; ");
}

Opinion judge(const AnalysisMetric& metric, const Measured& measured) {
  const Limits limits = limits_of(metric);
  if (metric.preset == Preset::None) return judge_query(limits, measured);
  if (measured.canary.requests <= 0)
    return {Is::Inconclusive, "no requests were counted: there are none, or nobody reads the pods' metrics"};
  const Asked asked = asked_of(metric);
  if (measured.canary.requests < asked.least) return {Is::Inconclusive, too_few("", asked.least, measured.canary.requests)};
  if (const auto q = quantile_of(metric.preset)) return judge_latency(limits, measured, asked, *q);
  return judge_errors(limits, measured, asked);
}

bool is_suspect(const AnalysisMetric& metric, const Measured& m) {
  if (!quantile_of(metric.preset) || !m.value) return false;
  const Limits limits = limits_of(metric);
  if (limits.max && *m.value > *limits.max) return true;
  return limits.max_ratio && m.comparable && m.stable_value && *m.value > *limits.max_ratio * *m.stable_value;
}

}  // namespace millrace::inference_service
