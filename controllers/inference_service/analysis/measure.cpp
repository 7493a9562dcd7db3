#include "inference_service/analysis/measure.h"

#include <algorithm>
#include <cmath>

#include "inference_service/analysis/query.h"
#include "inference_service/analysis/text.h"

namespace millrace::inference_service {
namespace {

struct Pods {  // what all questions of a look share
  std::string canary{}, stable{}, window{};
};

Pods all_pods(const Watched& watched, const LookAt& look) {
  return {pods_of(watched.ns, watched.name, watched.canary), pods_of(watched.ns, watched.name, watched.stable), range_of(look.window)};
}

// An empty sum is none: a series begins with its first request.
double count(Asker& asker, const std::string& text) { return std::max(0.0, asker.number(text).value_or(0)); }

Counts counted(Asker& asker, const Queries& queries, bool errors, const std::string& pods, const std::string& window) {
  Counts out{.requests = count(asker, queries.requests(pods, window))};
  if (errors) out.errors = std::min(out.requests, count(asker, queries.errors(pods, window)));
  return out;
}

std::optional<double> share(const Counts& counts) {
  return counts.requests > 0 ? std::optional(counts.errors / counts.requests) : std::nullopt;
}

// Stable's numbers of the last conclusive look of an earlier step (D25).
void thaw(const AnalysisMetric& metric, const AnalysisStatus& before, Measured& out) {
  out.stable_value = measure_of(before.stable);
  out.stable_high = measure_of(before.stable_high);
  out.stable.requests = static_cast<double>(before.stable_samples);
  if (metric.preset == Preset::ErrorRatio && out.stable_value) out.stable.errors = std::round(*out.stable_value * out.stable.requests);
}

void measure_preset(const Watched& watched, const AnalysisMetric& metric, const Pods& pods, Asker& asker, Measured& out) {
  const Queries& queries = *watched.runtime->queries;
  const auto q = quantile_of(metric.preset);
  const bool compares = limits_of(metric).compares();
  out.canary = counted(asker, queries, !q, pods.canary, pods.window);
  if (is_live(watched)) out.stable = counted(asker, queries, !q && compares, pods.stable, pods.window);
  if (!q) {
    out.value = share(out.canary);
    if (is_live(watched) && compares) out.stable_value = share(out.stable);
    return;
  }
  out.value = asker.number(queries.quantile(number_text(*q), pods.canary, pods.window));
  if (is_live(watched) && compares) out.stable_value = asker.number(queries.quantile(number_text(*q), pods.stable, pods.window));
}

// Which quantiles are the bounds follows from the counts, so they are asked for when those are known; the canary's only where it decides.
void measure_bounds(const Watched& watched, const AnalysisMetric& metric, const Pods& pods, Asker& asker, Measured& out) {
  const auto q = quantile_of(metric.preset);
  if (!q || asker.waiting()) return;
  const auto bound = [&](const std::optional<double>& at, const std::string& of) {
    return at ? asker.number(watched.runtime->queries->quantile(number_text(*at), of, pods.window)) : std::nullopt;
  };
  if (is_live(watched) && limits_of(metric).compares()) out.stable_high = bound(bounds_of(*q, out.stable.requests).above, pods.stable);
  if (is_suspect(metric, out)) out.low = bound(bounds_of(*q, out.canary.requests).below, pods.canary);
}

void measure_query(const Watched& watched, const AnalysisMetric& metric, const Pods& pods, Asker& asker, Measured& out) {
  Variables variables{pods.canary, pods.stable, watched.ns, watched.name, pods.window};
  out.value = asker.number(expanded(metric.query, variables));
  if (!is_live(watched) || !limits_of(metric).compares()) return;
  std::swap(variables.canary, variables.stable);
  out.stable_value = asker.number(expanded(metric.query, variables));
}

}  // namespace

std::optional<double> Asker::number(const std::string& text) {
  const plan::MetricsQuery query{source_, text};
  const plan::Question question{query, at_};
  if (std::find(questions_.begin(), questions_.end(), question) == questions_.end()) questions_.push_back(question);
  const auto fact = std::find_if(facts_.begin(), facts_.end(), [&](const plan::Fact& f) { return f.question == question; });
  if (fact == facts_.end()) {
    waiting_ = true;
    return std::nullopt;
  }
  if (const auto* down = std::get_if<plan::Unreachable>(&fact->answer)) down_ = down->why;
  const auto* number = std::get_if<plan::Number>(&fact->answer);
  return number ? std::optional(number->value) : std::nullopt;
}

bool is_live(const Watched& watched) { return !watched.stable.empty() && watched.weight < kFreezeWeight; }

Measured measure(const Watched& watched, const AnalysisMetric& metric, const LookAt& look, const AnalysisStatus& before, Asker& asker) {
  Measured out{.comparable = !watched.stable.empty()};
  const Pods pods = all_pods(watched, look);
  if (metric.preset == Preset::None) {
    measure_query(watched, metric, pods, asker, out);
  } else {
    measure_preset(watched, metric, pods, asker, out);
  }
  if (!is_live(watched) && out.comparable) thaw(metric, before, out);
  measure_bounds(watched, metric, pods, asker, out);
  return out;
}

}  // namespace millrace::inference_service
