// What the pod of a run is given so that millrace-step can tell of progress (docs/pods.md).
#pragma once

#include <optional>
#include <string>

#include "json/value.h"
#include "shared/settings.h"

namespace millrace::training_job {

// Tells one place of reports from another: a pod that was made for another one is not heard here. Empty: none.
std::string reports_mark(const std::optional<shared::Reports>& reports);

// `pod`: a spec whose first container is train.
void report_to(json::Object& pod, const shared::Reports& reports, const std::string& run_id);

}  // namespace millrace::training_job
