// The ModelVersion's controller: observe, plan, outcome.
#pragma once

#include <memory>

#include "engine/controller.h"
#include "shared/settings.h"

namespace millrace::model_version {

std::unique_ptr<engine::Controller> make_controller(const shared::Settings& settings);

}  // namespace millrace::model_version
