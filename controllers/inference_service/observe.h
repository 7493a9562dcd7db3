// Observe: reads the caches of one pass; never waits.
#pragma once

#include <optional>

#include "engine/world.h"
#include "inference_service/observed.h"

namespace millrace::inference_service {

std::optional<Observed> observe(const engine::World& world, const kube::ObjectKey& key);

}  // namespace millrace::inference_service
