#include "shared/tries.h"

#include <algorithm>
#include <charconv>

#include "core/backoff.h"

namespace millrace::shared {

std::int64_t number_label(const kube::ObjectMeta& meta, std::string_view label) {
  const std::string text = meta.label(label);
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out > 0 ? out : 0;
}

const kube::Job* newest(const std::vector<kube::Job>& jobs, std::string_view label) {
  const auto less = [&](const kube::Job& a, const kube::Job& b) { return number_label(a.meta, label) < number_label(b.meta, label); };
  const auto at = std::max_element(jobs.begin(), jobs.end(), less);
  return at == jobs.end() || number_label(at->meta, label) == 0 ? nullptr : &*at;
}

core::Instant next_try(const kube::Job& job, std::string_view label, core::Instant now) {
  constexpr std::int64_t kEnough = 16;  // the wait no longer grows, and a label may hold any number
  const auto* end = kube::find(job.status.conditions, kube::is_true(job.status.conditions, "Complete") ? "Complete" : "Failed");
  const auto tries = static_cast<int>(std::min(number_label(job.meta, label), kEnough)) - 1;
  const auto delay = core::backoff(std::chrono::minutes(1), std::chrono::minutes(15), tries);
  return (end ? end->last_transition : now) + std::chrono::ceil<std::chrono::seconds>(delay);
}

const std::string* word_of(const Pods& pods, std::string_view container) {
  for (const auto& pod : pods) {
    for (const kube::ContainerStatus& c : pod->status.containers) {
      if (c.name == container && c.state.terminated && c.state.terminated->exit_code == 0) return &c.state.terminated->message;
    }
  }
  return nullptr;
}

std::optional<Cause> blame(const Pods& pods, core::Instant now) {
  std::vector<const kube::Pod*> all;
  for (const auto& pod : pods) all.push_back(pod.get());
  return blame(all, now);
}

}  // namespace millrace::shared
