// The pod that tells MLflow of a run without a version that is ready (docs/pods.md, record).
#include "core/text.h"
#include "shared/places.h"
#include "shared/pods.h"
#include "training_job/children.h"
#include "training_job/parts.h"

namespace millrace::training_job {
namespace {

using json::Object;

std::int64_t milliseconds(std::optional<core::Instant> at) { return at ? at->time_since_epoch().count() * 1000 : 0; }

Object numbers(const json::StringMap& metrics) {
  Object out;
  for (const auto& [name, value] : metrics) {
    if (core::is_decimal(value)) out[name] = core::decimal(value);
  }
  return out;
}

Object record_task(const TrainingJob& job, const RunStatus& run, const model_version::Provenance& provenance,
                   const model_version::MlflowRegistry& mlflow, shared::Places& places) {
  const json::StringMap more{
      {"millrace.dev/namespace", job.meta.ns}, {"millrace.dev/reason", run.reason}, {"mlflow.note.content", run.message}};
  Object out{{"v", 1},
             {"uri", mlflow.uri},
             {"experiment", mlflow.experiment},
             {"runName", job.meta.name + "-r" + std::to_string(run.number)},
             {"runId", run_id(job, run.number)},
             {"status", run.state == "Failed" ? "FAILED" : "FINISHED"},
             {"parameters", provenance.parameters},
             {"metrics", numbers(run.metrics)},
             {"tags", model_version::registry_tags(&provenance, more)},
             {"startTime", milliseconds(run.start_time)},
             {"endTime", milliseconds(run.completion_time)}};
  if (!mlflow.secret_name.empty()) out["secret"] = places.secret(mlflow.secret_name);
  return out;
}

}  // namespace

Object record_pod(const TrainingJob& job, const RunStatus& run, const model_version::Provenance& provenance,
                  const model_version::Registry& registry, const shared::Settings& settings) {
  shared::Places places("registry");
  const Object task = record_task(job, run, provenance, registry.mlflow, places);
  Object pod = shared::pod_spec("OnFailure");
  pod["containers"] =
      json::Array{shared::our_container(settings, "record", {"/usr/local/bin/millrace-fetcher", "record"}, task, places.mounts())};
  pod["volumes"] = places.volumes();
  return pod;
}

}  // namespace millrace::training_job
