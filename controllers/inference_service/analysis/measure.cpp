#include "inference_service/analysis/measure.h"

#include <algorithm>
#include <cmath>

#include "inference_service/analysis/histogram.h"
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

Counts counted(Asker& asker, const Queries& queries, bool errors, const std::string& pods, const std::string& window) {
  Counts out{.requests = asker.count(queries.requests(pods, window)).value_or(0)};
  if (errors) out.errors = std::min(out.requests, asker.count(queries.errors(pods, window)).value_or(0));
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
  }
}

Histogram histogram_of(const Queries& queries, const Counts& counts, const std::string& pods, const std::string& window, Asker& asker) {
  return {queries.bounds, counts.requests, [&](double bound) { return asker.count(queries.within(bound, pods, window)); }};
}

// Which buckets are asked for follows from what was measured last; the canary's lower bound is looked for only where it decides.
void measure_latency(const Watched& watched, const AnalysisMetric& metric, const Pods& pods, const AnalysisStatus& before, Asker& asker,
                     Measured& out) {
  const double q = *quantile_of(metric.preset);
  const Queries& queries = *watched.runtime->queries;
  const Histogram canary = histogram_of(queries, out.canary, pods.canary, pods.window, asker);
  const Histogram stable = histogram_of(queries, out.stable, pods.stable, pods.window, asker);
  const bool compares = is_live(watched) && limits_of(metric).compares();
  const auto value = measure_of(before.value), stable_value = measure_of(before.stable);
  if (asker.waiting()) {  // for the counts: the buckets are most likely those of the last look
    if (value) look_around(canary, *value);
    if (compares && stable_value) look_around(stable, *stable_value);
    return;
  }
  out.value = quantile(canary, q, value);
  if (compares) out.stable_value = quantile(stable, q, stable_value);
  if (asker.waiting()) return;
  if (const auto at = bounds_of(q, out.stable.requests).above; at && compares) out.stable_high = quantile(stable, *at, out.stable_value);
  if (const auto at = bounds_of(q, out.canary.requests).below; at && is_suspect(metric, out)) out.low = quantile(canary, *at, out.value);
}

void measure_query(const Watched& watched, const AnalysisMetric& metric, const Pods& pods, Asker& asker, Measured& out) {
  Variables variables{pods.canary, pods.stable, watched.ns, watched.name, pods.window};
  out.value = asker.number(expanded(metric.query, variables));
  if (!is_live(watched) || !limits_of(metric).compares()) return;
  std::swap(variables.canary, variables.stable);
  out.stable_value = asker.number(expanded(metric.query, variables));
}

}  // namespace

const plan::Answer* Asker::answer(const std::string& text) {
  const plan::Question question{plan::MetricsQuery{source_, text}, at_};
  if (std::find(questions_.begin(), questions_.end(), question) == questions_.end()) questions_.push_back(question);
  const auto fact = std::find_if(facts_.begin(), facts_.end(), [&](const plan::Fact& f) { return f.question == question; });
  if (fact == facts_.end()) {
    waiting_ = true;
    return nullptr;
  }
  if (const auto* down = std::get_if<plan::Unreachable>(&fact->answer)) down_ = down->why;
  return &fact->answer;
}

std::optional<double> Asker::number(const std::string& text) {
  const plan::Answer* found = answer(text);
  const auto* number = found ? std::get_if<plan::Number>(found) : nullptr;
  return number ? std::optional(number->value) : std::nullopt;
}

std::optional<double> Asker::count(const std::string& text) {
  const plan::Answer* found = answer(text);
  if (found == nullptr) return std::nullopt;
  const auto* number = std::get_if<plan::Number>(found);
  return number ? std::max(0.0, number->value) : 0;
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
  if (quantile_of(metric.preset)) measure_latency(watched, metric, pods, before, asker, out);
  return out;
}

}  // namespace millrace::inference_service
