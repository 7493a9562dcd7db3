// The planner of InferenceServices: what was observed in, status, children and the next look out. Pure.
#pragma once

#include "inference_service/observed.h"
#include "plan/plan.h"
#include "shared/settings.h"

namespace millrace::inference_service {

plan::Plan<Status> plan(const Observed& seen, const shared::Settings& settings);

}  // namespace millrace::inference_service
