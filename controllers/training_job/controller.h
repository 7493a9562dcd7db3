// The controller of TrainingJobs: observe, plan, hand over.
#pragma once

#include <memory>

#include "engine/controller.h"
#include "shared/settings.h"

namespace millrace::training_job {

std::unique_ptr<engine::Controller> make_controller(const shared::Settings& settings);

}  // namespace millrace::training_job
