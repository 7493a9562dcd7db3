// What the pod of a run is given so that millrace-step can tell of progress (docs/pods.md).
#pragma once

#include <string>

#include "json/value.h"
#include "shared/settings.h"

namespace millrace::training_job {

// `pod`: a spec whose first container is train.
void report_to(json::Object& pod, const shared::Reports& reports, const std::string& run_id);

}  // namespace millrace::training_job
