// The controller of InferenceServices, as the engine sees it.
#pragma once

#include <memory>

#include "engine/controller.h"
#include "shared/settings.h"

namespace millrace::inference_service {

std::unique_ptr<engine::Controller> make_controller(const shared::Settings& settings);

}  // namespace millrace::inference_service
