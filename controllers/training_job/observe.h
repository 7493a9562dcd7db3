// What the planner sees, read from the caches only.
#pragma once

#include <optional>

#include "engine/world.h"
#include "training_job/plan.h"

namespace millrace::training_job {

std::optional<Observed> observe(const engine::World& world, const kube::ObjectKey& key);

}  // namespace millrace::training_job
