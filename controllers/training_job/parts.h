// Pods of resolver and run Jobs, as docs/pods.md writes them.
#pragma once

#include <string>
#include <vector>

#include "json/value.h"
#include "shared/settings.h"
#include "training_job/api/training_job.h"

namespace millrace::training_job {

json::Object resolver_pod(const Spec& spec, const shared::Settings& settings);

// `id`: <uid>-<run>, under which publish keeps the run's record.
json::Object run_pod(const Spec& spec, const RunStatus& run, const std::string& id, const std::vector<DataStatus>& data,
                     const shared::Settings& settings);

// The metrics that publish reports: output.metrics and those that gates name.
std::vector<std::string> reported_metrics(const Spec& spec);

}  // namespace millrace::training_job
