#include "inference_service/watch.h"

#include <algorithm>

#include "inference_service/machine.h"

namespace millrace::inference_service {
namespace {

const Runtime* runtime_named(std::string_view name) {
  for (const Runtime& runtime : runtimes()) {
    if (runtime.name == name) return &runtime;
  }
  return nullptr;
}

}  // namespace

bool is_judged(const Status& status) {
  if (!status.rules || !status.canary || !status.stable) return false;
  const CanaryStatus& canary = *status.canary;
  if (canary.weight >= 100) return !canary.steps[static_cast<std::size_t>(canary.step)].pause.empty();
  return canary.weight > 0 || canary.shadow > 0;
}

std::optional<Findings> findings_of(const Observed& seen, const Status& status) {
  if (!status.rules) return std::nullopt;
  Watched watched{.rules = *status.rules,
                  .runtime = runtime_named(status.runtime),
                  .ns = seen.service.meta.ns,
                  .name = seen.service.meta.name,
                  .now = seen.now};
  if (status.canary) {
    if (!is_judged(status) || !status.canary->step_started_at) return std::nullopt;
    watched.canary = status.canary->revision;
    watched.stable = status.stable->revision;
    watched.weight = std::max(status.canary->weight, status.canary->shadow);
    watched.since = *status.canary->step_started_at;
  } else if (status.stable && status.stable->bake_until && status.stable->since) {
    watched.canary = status.stable->revision;
    for (const RetiredStatus& r : status.retired) {
      if (r.reason == kReplaced) watched.stable = r.revision;  // it gets nothing any more: its numbers are those of before
    }
    watched.weight = 100;
    watched.since = *status.stable->since;
  } else {
    return std::nullopt;
  }
  return analyse(watched, status.analysis, seen.facts);
}

}  // namespace millrace::inference_service
