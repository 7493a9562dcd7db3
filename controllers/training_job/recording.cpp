// Chapter: MLflow is told of a run that failed, or whose version was rejected. Of the others their ModelVersions tell. Nothing waits for
// this.
#include "shared/tries.h"
#include "training_job/children.h"
#include "training_job/draft.h"

namespace millrace::training_job {
namespace {

// What `record` told: MLflow's id of the run, or that a person deleted it there.
std::string told_id(const shared::Pods& pods) {
  const std::string* word = shared::word_of(pods, "record");
  const auto message = word ? json::parse(*word) : json::Value();
  if (!word || !message) return "";
  const std::string id = message->text_at({"mlflowRunId"});
  return id.empty() ? "deleted" : id;
}

}  // namespace

void record(Draft& d) {
  RunStatus& run = d.run();
  const bool is_told = run.state == "Failed" || (run.state == "Done" && run.reason == shared::reason::kVersionRejected);
  if (!is_told || run.attempt == 0 || !run.mlflow_run_id.empty()) return;
  const Pinned pinned = promised(d);
  if (!pinned.registry) return;
  const kube::Job* job = job_of(d, record_name(d.job(), run.number));
  if (job == nullptr) return d.plan.children.push_back(record_job(d.job(), run, pinned, d.settings));
  run.mlflow_run_id = told_id(shared::pods_of(*job, d.seen.pods));
}

}  // namespace millrace::training_job
