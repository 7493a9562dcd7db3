// Numbers of runs and versions (D1). Versions are numbered per namespace and model and reserved by creating the ModelVersion: who creates
// <model>-v<N> has it; the label millrace.dev/run-id says who that was.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kube/model/workloads.h"
#include "model_version/api/model_version.h"
#include "shared/tries.h"
#include "training_job/api/training_job.h"

namespace millrace::training_job {

using Versions = std::vector<std::shared_ptr<const model_version::ModelVersion>>;
using Jobs = std::vector<std::shared_ptr<const kube::Job>>;

using shared::number_label;

// Above every run that a Job or a ModelVersion of this name carries, and above status.
std::int64_t next_run(const TrainingJob& job, const Jobs& jobs, const Versions& versions);

// Above every version of the model, and above `highest`.
std::int64_t next_version(std::string_view model, const Versions& versions, std::int64_t highest);

const model_version::ModelVersion* find_version(const Versions& versions, std::string_view name);

// The version that this run has already reserved; nullptr: none.
const model_version::ModelVersion* version_of_run(const TrainingJob& job, std::int64_t run, const Versions& versions);

}  // namespace millrace::training_job
