// The one list of kinds: their rows for CRDs, and their controllers.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/controller.h"
#include "kube/model/crd.h"
#include "shared/settings.h"

namespace millrace {

std::span<const kube::CrdTable> kinds();

std::vector<std::unique_ptr<engine::Controller>> make_controllers(const shared::Settings& settings);

}  // namespace millrace
