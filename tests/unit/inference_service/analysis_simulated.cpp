#include "analysis_simulated.h"

#include <algorithm>
#include <cmath>

#include "inference_service/analysis/analysis.h"
#include "inference_service/analysis/histogram.h"

namespace millrace::inference_service {
namespace {

constexpr double kInterval = 30;  // seconds
constexpr int kLeastLooks = 18, kMostLooks = 240,
              kHour = 120;  // ten minutes less warmup and the first interval; two hours; a window's most

double below(double seconds, const Behaviour& b) { return 0.5 * std::erfc(-std::log(seconds / b.median) / (b.sigma * std::sqrt(2.0))); }

}  // namespace

double Tally::within(double bound) const {
  double out = 0;
  for (std::size_t i = 0; i < kBuckets && kMlServerBounds[i] <= bound; ++i) out += buckets[i];
  return out;
}

std::optional<double> Tally::quantile(double q) const {
  const auto within = [this](double bound) { return std::optional(this->within(bound)); };
  return inference_service::quantile({kMlServerBounds, counts.requests, within}, q, {});
}

Tally Tally::since(const Tally& before) const {
  Tally out = *this;
  out.counts.requests -= before.counts.requests;
  out.counts.errors -= before.counts.errors;
  for (std::size_t i = 0; i < buckets.size(); ++i) out.buckets[i] -= before.buckets[i];
  return out;
}

Simulation::Simulation(const Scenario& scenario, std::uint64_t seed)
    : scenario_(scenario), as_canary_(drawn(scenario.canary)), as_stable_(drawn(scenario.stable)), random_(seed) {}

Simulation::Drawn Simulation::drawn(const Behaviour& behaviour) {
  Drawn out{.errors = behaviour.errors};
  double under = 0;
  for (std::size_t i = 0; i <= kBuckets; ++i) {
    const double until = i < kBuckets ? below(kMlServerBounds[i], behaviour) : 1;
    out.shares[i] = until - under;
    under = until;
  }
  return out;
}

void Simulation::add(Tally& tally, const Drawn& from, double mean) {
  long requests = 0;
  for (std::size_t i = 0; i <= kBuckets; ++i) {
    const double expected = mean * from.shares[i];
    const long n = expected < 1e-9 ? 0 : std::poisson_distribution<long>(expected)(random_);
    tally.buckets[i] += static_cast<double>(n);
    requests += n;
  }
  tally.counts.requests += static_cast<double>(requests);
  tally.counts.errors += static_cast<double>(std::binomial_distribution<long>(requests, from.errors)(random_));
}

void Simulation::begin(std::int64_t weight) {
  weight_ = weight;
  canary_.assign(1, {});
  stable_.assign(1, {});
}

void Simulation::advance() {
  const double mean = scenario_.rate * kInterval, share = static_cast<double>(weight_) / 100;
  canary_.push_back(canary_.back());
  stable_.push_back(stable_.back());
  add(canary_.back(), as_canary_, mean * share);
  if (weight_ < 100) add(stable_.back(), as_stable_, mean * (1 - share));
}

Tally Simulation::window(const std::vector<Tally>& tallies) const {
  return tallies.size() <= kHour ? tallies.back() : tallies.back().since(tallies[tallies.size() - 1 - kHour]);
}

Measured Simulation::measured(const AnalysisMetric& metric) const {
  const Tally canary = window(canary_), stable = weight_ < kFreezeWeight ? window(stable_) : frozen_;
  Measured out{.canary = canary.counts, .stable = stable.counts};
  const auto q = quantile_of(metric.preset);
  if (!q) return out;
  out.value = canary.quantile(*q);
  out.stable_value = stable.quantile(*q);
  if (const auto at = bounds_of(*q, stable.counts.requests).above) out.stable_high = stable.quantile(*at);
  if (!is_suspect(metric, out)) return out;
  if (const auto at = bounds_of(*q, canary.counts.requests).below) out.low = canary.quantile(*at);
  return out;
}

bool Simulation::look(std::vector<Count>& counts) {
  bool failed = false;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const Opinion opinion = judge(scenario_.metrics[i], measured(scenario_.metrics[i]));
    if (opinion.is == Opinion::Is::Inconclusive) continue;
    counts[i].failing = opinion.is == Opinion::Is::Fail;
    counts[i].failures += counts[i].failing;
    counts[i].passed = counts[i].passed || !counts[i].failing;
    failed = failed || counts[i].failures > scenario_.failure_limit;
  }
  return failed;
}

Simulation::End Simulation::step(std::int64_t weight, Outcome& out) {
  std::vector<Count> counts(scenario_.metrics.size());
  begin(weight);
  for (int looks = 1; looks <= kMostLooks; ++looks) {
    advance();
    out.seconds += kInterval;
    out.requests = window(canary_).counts.requests;
    if (look(counts)) return End::RolledBack;
    const bool passed = std::all_of(counts.begin(), counts.end(), [](const Count& c) { return c.passed && !c.failing; });
    if (looks >= kLeastLooks && passed) return End::Promoted;
  }
  return End::Paused;
}

Simulation::Outcome Simulation::run() {
  Outcome out;
  for (const std::int64_t weight : {20, 50, 100}) {
    out.end = step(weight, out);
    if (weight == 100 && out.end == End::Paused) out.end = End::Promoted;  // a bake that comes to no verdict continues
    if (out.end != End::Promoted) return out;
    frozen_ = window(stable_);
    ++out.step;
  }
  return out;
}

}  // namespace millrace::inference_service
