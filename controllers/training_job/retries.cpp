#include "training_job/retries.h"

#include <algorithm>
#include <cmath>

#include "core/quantity.h"
#include "core/text.h"
#include "shared/reasons.h"

namespace millrace::training_job {
namespace {

constexpr std::int64_t kInputExit = 10, kNotExecutable = 126, kNotFound = 127;
constexpr std::int64_t kMi = 1LL << 20;

std::int64_t bytes_of(const std::string& quantity) { return core::quantity_value(quantity).value_or(0); }

std::string memory_of(const json::StringMap& resources) {
  const auto it = resources.find("memory");
  return it == resources.end() ? "" : it->second;
}

// The kernel kills at the limit; without one it is the request that tells how much was meant.
std::string base_of(const Spec& spec) {
  const std::string limit = memory_of(spec.train.resources.limits);
  return limit.empty() ? memory_of(spec.train.resources.requests) : limit;
}

std::string in_mi(std::int64_t bytes) { return bytes % kMi == 0 ? std::to_string(bytes / kMi) + "Mi" : std::to_string(bytes); }

std::int64_t scaled(std::int64_t bytes, double factor) {
  const double mi = std::ceil(static_cast<double>(bytes) * factor / static_cast<double>(kMi));
  return mi >= 1e12 ? INT64_MAX : static_cast<std::int64_t>(mi) * kMi;
}

}  // namespace

bool is_curable(const shared::Cause& cause) {
  if (cause.reason == shared::reason::kCrashed || cause.reason == shared::reason::kCannotStart)
    return cause.exit_code != kNotExecutable && cause.exit_code != kNotFound;
  const bool is_known = cause.reason == shared::reason::kOutOfMemory || cause.blame == shared::Blame::Disruption;
  return is_known || cause.exit_code != kInputExit;
}

std::string grown_memory(const Spec& spec, const std::string& memory) {
  const auto& growth = spec.retry.out_of_memory;
  const std::int64_t now = std::max(bytes_of(memory), bytes_of(base_of(spec)));
  if (!growth || now <= 0) return "";
  const std::int64_t next = std::min(scaled(now, core::decimal(growth->factor.text)), bytes_of(growth->limit.text));
  return next > now ? in_mi(next) : "";
}

shared::Resources train_resources(const Spec& spec, const std::string& memory) {
  shared::Resources out = spec.train.resources;
  const std::int64_t base = bytes_of(base_of(spec)), wanted = bytes_of(memory);
  if (base <= 0 || wanted <= base) return out;
  const double factor = static_cast<double>(wanted) / static_cast<double>(base);
  for (json::StringMap* each : {&out.requests, &out.limits}) {
    const std::string was = memory_of(*each);
    if (!was.empty()) (*each)["memory"] = in_mi(std::min(scaled(bytes_of(was), factor), wanted));
  }
  return out;
}

}  // namespace millrace::training_job
