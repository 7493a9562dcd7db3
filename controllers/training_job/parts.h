// Pods of resolver and run Jobs, as docs/pods.md writes them.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "json/value.h"
#include "shared/settings.h"
#include "training_job/api/training_job.h"
#include "training_job/batch.h"
#include "training_job/pinned.h"

namespace millrace::training_job {

json::Array joined(json::Array a, json::Array b);
json::Object user_pod(const Spec& spec);  // without containers, as the spec wants it

json::Object resolver_pod(const TrainingJob& job, const Peers& covered, const shared::Settings& settings);
// What the containers of a run have after SIGTERM: time for a checkpoint (D35).
inline constexpr std::chrono::seconds kStopGrace{60};

json::Object recover_pod(const TrainingJob& job, const RunStatus& run, const Pinned& pinned, const shared::Settings& settings);
json::Object record_pod(const TrainingJob& job, const RunStatus& run, const model_version::Provenance& provenance,
                        const model_version::Registry& registry, const shared::Settings& settings);
// `status`: the run and what is pinned for it.
json::Object run_pod(const TrainingJob& job, const Status& status, const shared::Settings& settings);

// Fetches and preprocesses onto the workspace, for all attempts of the run; in a folder of this attempt, since one that was written off may
// still write.
json::Object prepare_pod(const TrainingJob& job, const Status& status, const shared::Settings& settings);
std::string prepared_name(std::int64_t run, std::int64_t attempt);  // of that folder

// Names of the containers, in the order in which a failure of one explains that of the next.
std::vector<std::string_view> run_containers(const Spec& spec, const RunStatus& run);
std::vector<std::string_view> prepare_containers(const Spec& spec);

// The metrics that publish reports: output.metrics and those that gates name.
std::vector<std::string> reported_metrics(const Spec& spec);

}  // namespace millrace::training_job
