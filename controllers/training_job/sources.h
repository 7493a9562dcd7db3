// Sources in tasks: what resolver and fetch are told of the data and the code, as docs/pods.md writes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "shared/places.h"
#include "training_job/api/training_job.h"

namespace millrace::training_job {

inline constexpr std::string_view kCodeName = ".code";  // no data source can have this name

// Names of the data sources, then of the code.
std::vector<std::string> source_names(const Spec& spec);

// What a resolver looks at for `job`. Each name is `<job>/<source>`: one resolver serves several TrainingJobs.
json::Array resolve_sources(const TrainingJob& job, shared::Places& places);

// What a run fetches: the pinned sources, and the parameters.
json::Object fetch_task(const Spec& spec, const std::vector<DataStatus>& data, const std::optional<CodeStatus>& code,
                        shared::Places& places);

}  // namespace millrace::training_job
