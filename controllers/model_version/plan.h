// The plan of a ModelVersion: verify the bytes (by hand made ones), judge the gates, say who serves it and what became of it.
#pragma once

#include "model_version/observed.h"
#include "shared/settings.h"

namespace millrace::model_version {

plan::Plan<Status> plan(const Observed& seen, const shared::Settings& settings);

}  // namespace millrace::model_version
