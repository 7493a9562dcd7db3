#include "inference_service/analysis/histogram.h"

#include <algorithm>
#include <cmath>

namespace millrace::inference_service {
namespace {

struct Search {  // for the bucket that holds the quantile: it ends at bounds[high], and begins after bounds[low]
  const Histogram& histogram;
  double wanted = 0;  // requests
  std::ptrdiff_t low = -1, high = 0;
  double under = 0, until = 0;  // requests up to low, up to high

  Search(const Histogram& h, double at)
      : histogram(h), wanted(at * h.requests), high(static_cast<std::ptrdiff_t>(h.bounds.size())), until(h.requests) {}

  bool look(std::ptrdiff_t i) {  // false: it is not known yet
    if (i <= low || i >= high) return true;
    const auto count = histogram.within(histogram.bounds[static_cast<std::size_t>(i)]);
    if (!count) return false;
    if (*count >= wanted) {
      high = i;
      until = *count;
    } else {
      low = i;
      under = *count;
    }
    return true;
  }
};

std::ptrdiff_t bucket_of(const Histogram& histogram, double seconds) {
  return std::lower_bound(histogram.bounds.begin(), histogram.bounds.end(), seconds) - histogram.bounds.begin();
}

// An empty end of a histogram has no odds; a ten-thousandth stands for it, so that revisions with few and with many requests are measured
// alike.
double odds(double count, double all) {
  const double least = std::max(0.5, all / 10000), n = std::clamp(count, least, all - least);
  return std::log(n / (all - n));
}

}  // namespace

std::optional<double> quantile(const Histogram& histogram, double at, std::optional<double> near) {
  if (histogram.requests < 1 || histogram.bounds.empty()) return std::nullopt;
  Search search(histogram, at);
  if (near) {
    const std::ptrdiff_t guess = bucket_of(histogram, *near);
    const bool upper = search.look(guess), lower = search.look(guess - 1);  // both at once
    if (!upper || !lower) return std::nullopt;
  }
  while (search.high - search.low > 1) {
    if (!search.look(search.low + (search.high - search.low) / 2)) return std::nullopt;
  }
  if (search.high == static_cast<std::ptrdiff_t>(histogram.bounds.size())) return histogram.bounds.back();
  const double to = histogram.bounds[static_cast<std::size_t>(search.high)];
  if (search.low < 0) return search.until > 0 ? to * search.wanted / search.until : to;
  const double from = histogram.bounds[static_cast<std::size_t>(search.low)], all = histogram.requests;
  const double begin = odds(search.under, all), end = odds(search.until, all);
  const double part = end > begin ? std::clamp((odds(search.wanted, all) - begin) / (end - begin), 0.0, 1.0) : 1;
  return from * std::pow(to / from, part);
}

void look_around(const Histogram& histogram, double seconds) {
  const std::ptrdiff_t end = static_cast<std::ptrdiff_t>(histogram.bounds.size()), bucket = bucket_of(histogram, seconds);
  if (bucket < end) histogram.within(histogram.bounds[static_cast<std::size_t>(bucket)]);
  if (bucket > 0) histogram.within(histogram.bounds[static_cast<std::size_t>(bucket - 1)]);
}

}  // namespace millrace::inference_service
