// What a TrainingJob makes: resolver Jobs, run Jobs, ModelVersions. Each is created once and never applied again (D3).
// Volumes, tasks and containers are as docs/pods.md writes them.
#pragma once

#include <string>

#include "model_version/api/model_version.h"
#include "plan/plan.h"
#include "shared/settings.h"
#include "training_job/api/training_job.h"
#include "training_job/batch.h"
#include "training_job/pinned.h"

namespace millrace::training_job {

std::string resolver_name(const TrainingJob& job, std::int64_t number);
std::string run_job_name(const TrainingJob& job, std::int64_t run, std::int64_t attempt);
std::string prepare_job_name(const TrainingJob& job, std::int64_t run, std::int64_t attempt);
std::string recover_name(const TrainingJob& job, const RunStatus& run, std::int64_t number);
std::string record_name(const TrainingJob& job, std::int64_t run);
std::string version_name(std::string_view model, std::int64_t number);
std::string run_id(const TrainingJob& job, std::int64_t run);  // <uid>-<run>

// `covered`: whose sources it looks at, `job` among them.
plan::Child resolver_job(const TrainingJob& job, const Peers& covered, const ResolveStatus& look, const shared::Settings& settings);
plan::Child run_job(const TrainingJob& job, const Status& status, const shared::Settings& settings);
plan::Child prepare_job(const TrainingJob& job, const Status& status, const shared::Settings& settings);
plan::Child recover_job(const TrainingJob& job, const RunStatus& run, const Pinned& pinned, const shared::Settings& settings);
// Tells MLflow of a run; tries by itself for hours, so that it outlives a registry's outage and the next run.
plan::Child record_job(const TrainingJob& job, const RunStatus& run, const Pinned& pinned, const shared::Settings& settings);
bool is_prepare_job(const kube::ObjectMeta& meta);
plan::Child version_child(const TrainingJob& job, const RunStatus& run, const Pinned& pinned);

}  // namespace millrace::training_job
