#include "training_job/numbering.h"

#include <algorithm>

#include "kube/model/children.h"
#include "shared/labels.h"
#include "training_job/children.h"

namespace millrace::training_job {

std::int64_t next_run(const TrainingJob& job, const Jobs& jobs, const Versions& versions) {
  std::int64_t highest = job.status.run.number;
  for (const auto& j : jobs) highest = std::max(highest, number_label(j->meta, shared::kRunLabel));
  for (const auto& v : versions) {
    if (v->meta.label(shared::kTrainingJobLabel) == kube::label_value(job.meta.name)) {
      highest = std::max(highest, number_label(v->meta, shared::kRunLabel));
    }
  }
  return highest + 1;
}

std::int64_t next_version(std::string_view model, const Versions& versions, std::int64_t highest) {
  for (const auto& v : versions) {
    if (v->spec.model == model) highest = std::max(highest, v->spec.version);
  }
  // A foreign object may sit on the name of a number that its spec does not have.
  while (find_version(versions, version_name(model, highest + 1)) != nullptr) ++highest;
  return highest + 1;
}

const model_version::ModelVersion* find_version(const Versions& versions, std::string_view name) {
  const auto it = std::find_if(versions.begin(), versions.end(), [&](const auto& v) { return v->meta.name == name; });
  return it == versions.end() ? nullptr : it->get();
}

const model_version::ModelVersion* version_of_run(const TrainingJob& job, std::int64_t run, const Versions& versions) {
  const std::string id = kube::label_value(run_id(job, run));
  const auto it = std::find_if(versions.begin(), versions.end(), [&](const auto& v) { return v->meta.label(shared::kRunIdLabel) == id; });
  return it == versions.end() ? nullptr : it->get();
}

}  // namespace millrace::training_job
