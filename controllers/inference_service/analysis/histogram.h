// Histogram: quantiles of latencies whose buckets are looked up one by one. Pure.
//
// Between two bounds latencies are taken as log-logistic: the logarithm of the odds of being faster is linear in the logarithm of the
// latency. Prometheus' histogram_quantile takes them as spread evenly, and in a bucket from 100 to 250 ms half as much again then often
// looks like a tenth more.
#pragma once

#include <functional>
#include <optional>
#include <span>

namespace millrace::inference_service {

struct Histogram {
  std::span<const double> bounds{};                             // seconds, rising
  double requests = 0;                                          // all of them
  std::function<std::optional<double>(double bound)> within{};  // requests that took at most `bound`; nullopt: not known yet
};

// The latency that a share of `at` of the requests does not exceed; beyond the last bound that bound. `near`: where it is looked for first;
// nullopt: a bucket is not known yet, or there are no requests.
std::optional<double> quantile(const Histogram& histogram, double at, std::optional<double> near);

// Asks for the bounds of the bucket that holds `seconds`.
void look_around(const Histogram& histogram, double seconds);

}  // namespace millrace::inference_service
