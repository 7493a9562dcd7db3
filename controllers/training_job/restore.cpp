#include "training_job/restore.h"

#include <algorithm>
#include <tuple>

#include "kube/model/children.h"
#include "shared/history.h"
#include "shared/labels.h"
#include "shared/reasons.h"
#include "training_job/children.h"
#include "training_job/pinned.h"

namespace millrace::training_job {
namespace {

const kube::Job* newest_job(const Jobs& jobs, std::string_view label, std::string_view then = {}) {
  const auto rank = [&](const kube::Job& j) {
    return std::tuple(number_label(j.meta, label), then.empty() ? 0 : number_label(j.meta, then), !is_prepare_job(j.meta));
  };
  const kube::Job* out = nullptr;
  for (const auto& j : jobs) {
    if (std::get<0>(rank(*j)) > 0 && (out == nullptr || rank(*j) > rank(*out))) out = j.get();
  }
  return out;
}

const model_version::ModelVersion* newest_version(const Observed& seen) {
  const model_version::ModelVersion* out = nullptr;
  const std::string name = kube::label_value(seen.job.meta.name);
  for (const auto& v : seen.versions) {
    if (v->meta.label(shared::kTrainingJobLabel) != name || number_label(v->meta, shared::kRunLabel) == 0) continue;
    if (out == nullptr || number_label(v->meta, shared::kRunLabel) > number_label(out->meta, shared::kRunLabel)) out = v.get();
  }
  return out;
}

void take_marks(RunStatus& run, const kube::ObjectMeta& meta) {
  run.number = number_label(meta, shared::kRunLabel);
  run.input_hash = meta.annotation(shared::kInputHashAnnotation);
  run.requested = meta.annotation(shared::kRequestedAnnotation);
  run.asked = meta.annotation(kAskedAnnotation);
  run.start_time = meta.created;
}

void from_version(Status& status, const model_version::ModelVersion& v, const Jobs& jobs) {
  RunStatus& run = status.run;
  take_marks(run, v.meta);
  run.state = "Registering";
  run.model = v.spec.model;
  run.version = v.spec.version;
  run.digest = v.spec.artifact.digest;
  run.size = v.spec.artifact.size;
  run.metrics = v.spec.metrics;
  for (const auto& job : jobs) {
    if (is_prepare_job(job->meta) || number_label(job->meta, shared::kRunLabel) != run.number) continue;
    if (number_label(job->meta, shared::kAttemptLabel) < run.attempt) continue;
    run.attempt = number_label(job->meta, shared::kAttemptLabel);
    run.job = job->meta.name;
  }
  status.model_version = v.meta.name;
  if (!v.spec.provenance) return;
  for (const auto& i : v.spec.provenance->images) {
    if (!i.image_id.empty()) run.images[i.container] = i.image_id;
  }
  for (const auto& d : v.spec.provenance->data)
    status.data.push_back({.name = d.name,
                           .uri = d.uri,
                           .identity = d.identity,
                           .repo = d.repo,
                           .path = d.path,
                           .remote = d.remote,
                           .commit = d.commit,
                           .strength = d.strength,
                           .sha256 = d.sha256});
  if (const auto& code = v.spec.provenance->code) status.code = CodeStatus{.repo = code->repo, .commit = code->commit};
}

// What its attempts had met is on the Job; the newest is judged by the planner as ever.
void from_job(Status& status, const kube::Job& job) {
  RunStatus& run = status.run;
  take_marks(run, job.meta);
  run.attempt = number_label(job.meta, shared::kAttemptLabel);
  run.job = job.meta.name;
  run.state = is_prepare_job(job.meta) ? "Preparing" : "Training";
  if (auto pinned = read_pinned(job.meta)) {
    status.data = std::move(pinned->data);
    status.code = std::move(pinned->code);
    run.trigger = pinned->trigger;
    run.model = pinned->model;
    run.counted = pinned->counted;
    run.disruptions = pinned->disruptions;
    run.data_changes = pinned->data_changes;
    run.memory = pinned->memory;
    run.prepared = pinned->prepared.value_or(PreparedStatus{});
    run.images = pinned->image_ids;
  }
}

// The runs that triggers began, as far as their Jobs are kept: the budget is spent though status is lost.
std::vector<TriggerStatus> triggers_of(const Jobs& jobs) {
  std::vector<TriggerStatus> out;
  for (const auto& job : jobs) {
    const auto pinned = number_label(job->meta, shared::kRunLabel) > 0 ? read_pinned(job->meta) : std::nullopt;
    if (!pinned || pinned->trigger.empty() || pinned->trigger == "Spec") continue;
    const std::int64_t run = number_label(job->meta, shared::kRunLabel);
    if (std::any_of(out.begin(), out.end(), [&](const TriggerStatus& t) { return t.run == run; })) continue;
    out.push_back({.kind = pinned->trigger,
                   .time = job->meta.created,
                   .run = run,
                   .reason = std::string(shared::reason::kRunning),
                   .message = "run " + std::to_string(run) + " begins"});
  }
  std::sort(out.begin(), out.end(), [](const TriggerStatus& a, const TriggerStatus& b) { return a.run < b.run; });
  return out;
}

}  // namespace

Status restored(const Observed& seen) {
  Status status = seen.job.status;
  if (status.observed_generation != 0) return status;
  status = {};
  const model_version::ModelVersion* version = newest_version(seen);
  const kube::Job* job = newest_job(seen.jobs, shared::kRunLabel, shared::kAttemptLabel);
  for (const auto& v : seen.versions) {
    if (v->meta.label(shared::kTrainingJobLabel) == kube::label_value(seen.job.meta.name)) {
      status.highest_version = std::max(status.highest_version, v->spec.version);
    }
  }
  if (const kube::Job* resolver = newest_job(seen.jobs, shared::kResolveLabel)) {
    status.resolve.number = number_label(resolver->meta, shared::kResolveLabel);
    status.resolve.job = resolver->meta.name;
    status.resolve.asked = resolver->meta.annotation(kAskedAnnotation);
    status.resolve.since = resolver->meta.created;
  }
  const std::int64_t of_version = version ? number_label(version->meta, shared::kRunLabel) : 0;
  const std::int64_t of_job = job ? number_label(job->meta, shared::kRunLabel) : 0;
  if (version) from_version(status, *version, seen.jobs);
  if (of_job > of_version) {
    const std::string name = status.model_version;
    status.run = {};
    status.data.clear();
    status.code.reset();
    from_job(status, *job);
    status.model_version = name;
  }
  status.triggers = triggers_of(seen.jobs);
  if (status.run.number > 0) {
    shared::remember(status.history, seen.now, std::string(shared::reason::kRestored),
                     "status was empty; run " + std::to_string(status.run.number) + " was found by its Jobs and versions");
  }
  return status;
}

}  // namespace millrace::training_job
