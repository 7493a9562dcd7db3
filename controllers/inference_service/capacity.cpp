#include "inference_service/capacity.h"

#include <algorithm>

#include "inference_service/route.h"
#include "inference_service/share.h"

namespace millrace::inference_service {
namespace {

std::int64_t part_of(std::int64_t percent, std::int64_t count) { return (percent * count + 99) / 100; }

std::int64_t goal_of(const Spec& spec, const Status& status) {
  const CanaryStatus& canary = *status.canary;
  const std::int64_t all = spec.replicas;
  if (canary.weight >= 100) return all;
  if (by_gateway(status)) return std::max<std::int64_t>(1, part_of(std::max(canary.weight, canary.shadow), all));
  if (spec.rollout.capacity == Capacity::Swap) return swapped_in(canary.weight, all);
  return canaries_for(canary.weight, all, most_canaries(all, spec.rollout.max_surge));
}

// Pods that the stable revision needs for the share that it still serves.
std::int64_t needed(const Spec& spec, const Status& status, const Facts& facts) {
  if (by_gateway(status)) return part_of(100 - std::min<std::int64_t>(100, facts.route.weight_of(status.canary->revision)), spec.replicas);
  return facts.entry.to == Pointer::To::Everybody || facts.entry.revision == status.canary->revision ? 0 : spec.replicas;
}

// The stable revision shrinks by what the canary gained, the canary grows into what has gone.
Counts swapped(const Spec& spec, const Status& status, const Facts& facts, std::int64_t goal) {
  const std::int64_t all = spec.replicas, gained = facts.of(status.canary->revision).available;
  Counts out{.goal = goal};
  out.stable = std::max({std::int64_t{0}, needed(spec, status, facts), all - gained});
  const auto pods = static_cast<std::int64_t>(facts.of(status.stable->revision).pods.size());
  const std::int64_t room = all + most_canaries(all, spec.rollout.max_surge) - std::max(out.stable, pods);
  out.canary = std::min(goal, std::max({std::int64_t{1}, gained, room}));
  return out;
}

}  // namespace

Counts counts_for(const Spec& spec, const Status& status, const Facts& facts) {
  if (!status.canary) return {.stable = spec.replicas};
  const std::int64_t goal = goal_of(spec, status);
  if (!status.stable) return {.goal = goal, .canary = goal, .stable = spec.replicas};
  if (spec.rollout.strategy == Strategy::Recreate) {
    const bool left = facts.of(status.stable->revision).pods.empty();
    return {.goal = goal, .canary = left ? goal : 0, .stable = 0};
  }
  if (spec.rollout.capacity == Capacity::Swap) return swapped(spec, status, facts, goal);
  return {.goal = goal, .canary = goal, .stable = spec.replicas};
}

std::int64_t warm_count(const Spec& spec, std::int64_t count) {
  return spec.rollout.capacity == Capacity::Swap ? std::min(count, spec.rollout.bake_replicas) : count;
}

}  // namespace millrace::inference_service
