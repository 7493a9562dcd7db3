#include "inference_service/analysis/evidence.h"

#include <algorithm>
#include <cmath>

namespace millrace::inference_service {
namespace {

// g with (g-1)/ln g = ratio, by Newton's method: the left side is concave, so after one step it is approached from below.
double alternative(double ratio) {
  double g = 1 + 2 * (ratio - 1) * ratio;
  for (int i = 0; i < 60; ++i) {
    const double log = std::log(g), at = (g - 1) / log - ratio;
    const double slope = (log - (g - 1) / g) / (log * log);
    const double next = std::max(g - at / slope, 1 + (g - 1) / 4);
    if (std::abs(next - g) < 1e-12 * g) return next;
    g = next;
  }
  return g;
}

}  // namespace

double beyond(const Counts& canary, double max) {
  if (max <= 0) return canary.errors > 0 ? 2 * kFails : 0;
  return canary.errors - max * canary.requests;
}

double contrast(const Counts& canary, const Counts& stable, double max_ratio) {
  const double both = canary.requests + stable.requests;
  if (both <= 0) return 0;
  const double g = alternative(max_ratio);
  return canary.errors * std::log(g) - (canary.errors + stable.errors) * std::log((stable.requests + g * canary.requests) / both);
}

std::int64_t enough_for_ratio(double max) {
  return max * kEnough <= kPasses ? kEnough : static_cast<std::int64_t>(std::ceil(kPasses / max - 1e-9));
}

std::int64_t enough_for_quantile(double q) {
  constexpr double kTwice = 2 * 1.96;  // 1.96 standard errors of the tail's count are half of it
  return std::min(kEnough, static_cast<std::int64_t>(std::ceil(kTwice * kTwice * q / (1 - q))));
}

Shares bounds_of(double q, double requests) {
  constexpr double kZ = 2.58;
  if (requests < kFew) return {};
  const double far = kZ * std::sqrt(q * (1 - q) / requests), skew = (kZ * kZ - 1) * (2 * q - 1) / (6 * requests);
  const double below = q - far - skew, above = q + far - skew;
  return {below > 0 ? std::optional(below) : std::nullopt, above < 1 ? std::optional(above) : std::nullopt};
}

}  // namespace millrace::inference_service
