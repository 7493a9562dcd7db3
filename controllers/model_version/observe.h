// observe: the facts of one ModelVersion from the caches. Never waits.
#pragma once

#include <optional>

#include "engine/world.h"
#include "model_version/observed.h"

namespace millrace::model_version {

std::optional<Observed> observe(const engine::World& world, const kube::ObjectKey& key);

}  // namespace millrace::model_version
