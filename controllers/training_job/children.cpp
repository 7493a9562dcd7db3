#include "training_job/children.h"

#include "json/codec.h"
#include "kube/model/children.h"
#include "shared/labels.h"
#include "shared/pods.h"
#include "shared/store_uri.h"
#include "training_job/identity.h"
#include "training_job/parts.h"
#include "training_job/reporting.h"
#include "training_job/sources.h"

namespace millrace::training_job {
namespace {

using json::Array;
using json::Object;

kube::Parent parent_of(const TrainingJob& job) { return {.resource = &kube::resources::kTrainingJob, .meta = job.meta}; }

json::StringMap labels_of(const TrainingJob& job, std::string_view component) {
  json::StringMap out = shared::common_labels(job.meta.name, component);
  out[std::string(shared::kTrainingJobLabel)] = kube::label_value(job.meta.name);
  return out;
}

plan::Child created_once(const kube::Resource& kind, std::string name, Object object) {
  return {.kind = &kind, .name = std::move(name), .keep = plan::Keep::CreatedOnce, .desired = std::move(object)};
}

constexpr std::string_view kPrepareComponent = "prepare";

json::StringMap attempt_labels(const TrainingJob& job, const RunStatus& run, std::string_view component) {
  json::StringMap out = labels_of(job, component);
  out[std::string(shared::kRunLabel)] = std::to_string(run.number);
  out[std::string(shared::kAttemptLabel)] = std::to_string(run.attempt);
  return out;
}

// One pod that is never restarted: each failure is judged by us, and the cause survives in the Job's condition (D20).
Object job_spec(Object pod, json::StringMap labels, json::StringMap annotations, Array rules) {
  Object metadata{{"labels", labels}};
  if (!annotations.empty()) metadata["annotations"] = annotations;
  return {{"completionMode", "Indexed"},
          {"completions", 1},
          {"parallelism", 1},
          {"backoffLimit", 0},
          {"podReplacementPolicy", "Failed"},
          {"podFailurePolicy", Object{{"rules", std::move(rules)}}},
          {"template", Object{{"metadata", std::move(metadata)}, {"spec", std::move(pod)}}}};
}

Array failure_rules(const std::vector<std::string_view>& containers) {
  Array out{Object{{"action", "FailJob"}, {"onPodConditions", Array{Object{{"type", "DisruptionTarget"}, {"status", "True"}}}}}};
  for (const std::string_view name : containers) {
    out.push_back(
        Object{{"action", "FailJob"}, {"onExitCodes", Object{{"containerName", name}, {"operator", "NotIn"}, {"values", Array{0}}}}});
  }
  return out;
}

const json::StringMap kPodAnnotations{{std::string(shared::kIstioInject), "false"}, {std::string(shared::kSafeToEvict), "false"}};

json::StringMap run_annotations(const TrainingJob& job, const Status& status, std::string reports = {}) {
  const RunStatus& run = status.run;
  Pinned pinned = pin(job.spec, status);
  pinned.reports = std::move(reports);
  return {{std::string(shared::kInputHashAnnotation), run.input_hash},
          {std::string(shared::kRequestedAnnotation), run.requested},
          {std::string(kAskedAnnotation), run.asked},
          {std::string(kPinnedAnnotation), to_text(pinned)}};
}

model_version::Provenance provenance_of(const TrainingJob& job, const RunStatus& run, const Pinned& pinned) {
  model_version::Provenance out{.training_job = job.meta.name,
                                .training_job_uid = job.meta.uid,
                                .run = run.number,
                                .input_hash = run.input_hash,
                                .parameters = pinned.parameters};
  for (const DataStatus& d : pinned.data)
    out.data.push_back({.name = d.name,
                        .uri = d.uri,
                        .repo = d.repo,
                        .path = d.path,
                        .remote = d.remote,
                        .commit = d.commit,
                        .identity = d.identity,
                        .strength = d.strength,
                        .sha256 = d.sha256});
  if (pinned.code) out.code = model_version::CodeProvenance{.repo = pinned.code->repo, .commit = pinned.code->commit};
  for (const auto& [container, image] : pinned.images) {
    const auto ran = run.images.find(container);
    out.images.push_back({.container = container, .image = image, .image_id = ran == run.images.end() ? "" : ran->second});
  }
  return out;
}

}  // namespace

std::string resolver_name(const TrainingJob& job, std::int64_t number) {
  return kube::child_name(job.meta.name + "-resolve-" + std::to_string(number), job.meta.uid, 61);
}

std::string run_job_name(const TrainingJob& job, std::int64_t run, std::int64_t attempt) {
  return kube::child_name(job.meta.name + "-r" + std::to_string(run) + "-a" + std::to_string(attempt), job.meta.uid, 61);
}

std::string prepare_job_name(const TrainingJob& job, std::int64_t run, std::int64_t attempt) {
  return kube::child_name(job.meta.name + "-" + prepared_name(run, attempt) + "-prepare", job.meta.uid, 61);
}

bool is_prepare_job(const kube::ObjectMeta& meta) { return meta.label(shared::kComponentLabel) == kPrepareComponent; }

std::string recover_name(const TrainingJob& job, const RunStatus& run, std::int64_t number) {
  const std::string attempt = job.meta.name + "-r" + std::to_string(run.number) + "-a" + std::to_string(run.attempt);
  return kube::child_name(attempt + "-recover-" + std::to_string(number), job.meta.uid, 61);
}

std::string record_name(const TrainingJob& job, std::int64_t run) {
  return kube::child_name(job.meta.name + "-r" + std::to_string(run) + "-record", job.meta.uid, 61);
}

std::string version_name(std::string_view model, std::int64_t number) { return std::string(model) + "-v" + std::to_string(number); }

std::string run_id(const TrainingJob& job, std::int64_t run) { return job.meta.uid + "-" + std::to_string(run); }

plan::Child resolver_job(const TrainingJob& job, const Peers& covered, const ResolveStatus& look, const shared::Settings& settings) {
  json::StringMap labels = labels_of(job, "resolver");
  labels[std::string(shared::kResolveLabel)] = std::to_string(look.number);
  if (is_shared(job.spec)) labels[std::string(shared::kResolverLabel)] = resolver_account(job.spec);
  std::vector<Cover> covers;
  for (const auto& one : covered) covers.push_back({one->meta.name, asked_hash(one->spec), source_names(one->spec)});
  Object object = kube::child_object(kube::resources::kJob, parent_of(job), look.job, labels,
                                     {{std::string(kAskedAnnotation), look.asked}, {std::string(kCoversAnnotation), to_text(covers)}});
  Object spec = job_spec(resolver_pod(job, covered, settings), labels, kPodAnnotations, failure_rules({"resolve"}));
  // Others wait for a shared one; one of claims reads all their bytes.
  spec["activeDeadlineSeconds"] = is_shared(job.spec) ? 600 : job.spec.deadlines.run.count() / 1000;
  spec["ttlSecondsAfterFinished"] = 60;
  object["spec"] = std::move(spec);
  return created_once(kube::resources::kJob, look.job, std::move(object));
}

plan::Child prepare_job(const TrainingJob& job, const Status& status, const shared::Settings& settings) {
  const json::StringMap labels = attempt_labels(job, status.run, kPrepareComponent);
  Object object = kube::child_object(kube::resources::kJob, parent_of(job), status.run.job, labels, run_annotations(job, status));
  object["spec"] = job_spec(prepare_pod(job, status, settings), labels, kPodAnnotations, failure_rules(prepare_containers(job.spec)));
  return created_once(kube::resources::kJob, status.run.job, std::move(object));
}

plan::Child run_job(const TrainingJob& job, const Status& status, const shared::Settings& settings) {
  const RunStatus& run = status.run;
  const json::StringMap labels = attempt_labels(job, run, "run");
  json::StringMap annotations = kPodAnnotations;
  annotations[std::string(shared::kDefaultContainer)] = "train";
  Object object = kube::child_object(kube::resources::kJob, parent_of(job), run.job, labels,
                                     run_annotations(job, status, reports_mark(settings.reports)));
  object["spec"] = job_spec(run_pod(job, status, settings), labels, annotations, failure_rules(run_containers(job.spec, run)));
  return created_once(kube::resources::kJob, run.job, std::move(object));
}

plan::Child recover_job(const TrainingJob& job, const RunStatus& run, const Pinned& pinned, const shared::Settings& settings) {
  json::StringMap labels = labels_of(job, "recover");
  labels[std::string(shared::kRecoverLabel)] = std::to_string(run.recover.number);
  Object object = kube::child_object(kube::resources::kJob, parent_of(job), run.recover.job, labels, {});
  object["spec"] = job_spec(recover_pod(job, run, pinned, settings), labels, kPodAnnotations, failure_rules({"recover"}));
  return created_once(kube::resources::kJob, run.recover.job, std::move(object));
}

plan::Child record_job(const TrainingJob& job, const RunStatus& run, const Pinned& pinned, const shared::Settings& settings) {
  const std::string name = record_name(job, run.number);
  const json::StringMap labels = labels_of(job, "record");
  Object object = kube::child_object(kube::resources::kJob, parent_of(job), name, labels, {});
  Object spec{{"backoffLimit", 30}, {"activeDeadlineSeconds", 9000}, {"ttlSecondsAfterFinished", 3600}};
  spec["template"] = Object{{"metadata", Object{{"labels", labels}, {"annotations", kPodAnnotations}}},
                            {"spec", record_pod(job, run, provenance_of(job, run, pinned), *pinned.registry, settings)}};
  object["spec"] = std::move(spec);
  return created_once(kube::resources::kJob, name, std::move(object));
}

plan::Child version_child(const TrainingJob& job, const RunStatus& run, const Pinned& pinned) {
  const std::string name = version_name(pinned.model, run.version);
  const std::string hex = run.digest.substr(run.digest.find(':') + 1);
  const model_version::Spec spec{.model = pinned.model,
                                 .version = run.version,
                                 .artifact = {.uri = shared::below(pinned.store, pinned.model + "/sha256/" + hex),
                                              .digest = run.digest,
                                              .size = run.size,
                                              .format = pinned.format,
                                              .secret_name = pinned.secret_name},
                                 .provenance = provenance_of(job, run, pinned),
                                 .metrics = run.metrics,
                                 .gates = pinned.gates,
                                 .evaluation = pinned.evaluation,
                                 .registry = pinned.registry,
                                 .approval = {.policy = pinned.approval}};
  json::StringMap labels = labels_of(job, "model-version");
  labels[std::string(shared::kModelLabel)] = kube::label_value(pinned.model);
  labels[std::string(shared::kRunLabel)] = std::to_string(run.number);
  labels[std::string(shared::kRunIdLabel)] = kube::label_value(run_id(job, run.number));
  Object metadata{{"name", name},
                  {"namespace", job.meta.ns},
                  {"labels", labels},
                  {"annotations", Object{{std::string(shared::kInputHashAnnotation), run.input_hash},
                                         {std::string(shared::kRequestedAnnotation), run.requested},
                                         {std::string(kAskedAnnotation), run.asked}}}};
  // No owner reference: it outlives its TrainingJob (D1).
  return created_once(kube::resources::kModelVersion, name,
                      Object{{"apiVersion", kube::api_version(kube::resources::kModelVersion)},
                             {"kind", "ModelVersion"},
                             {"metadata", std::move(metadata)},
                             {"spec", json::encode(spec)}});
}

}  // namespace millrace::training_job
