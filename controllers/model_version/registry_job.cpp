// The Job that makes a version known to MLflow, in the user's namespace and with the user's Secret (D40).
#include "core/text.h"
#include "kube/model/children.h"
#include "model_version/children.h"
#include "model_version/registry.h"
#include "shared/labels.h"
#include "shared/places.h"
#include "shared/pods.h"

namespace millrace::model_version {
namespace {

using json::Object;

std::string run_id(const ModelVersion& version) {
  const auto& provenance = version.spec.provenance;
  if (!provenance || provenance->training_job_uid.empty()) return version.meta.uid;
  return provenance->training_job_uid + "-" + std::to_string(provenance->run);
}

json::StringMap tags_of(const ModelVersion& version) {
  const auto& provenance = version.spec.provenance;
  return registry_tags(provenance ? &*provenance : nullptr,
                       {{"millrace.dev/namespace", version.meta.ns}, {"millrace.dev/digest", version.spec.artifact.digest}});
}

Object task_of(const ModelVersion& version, const Numbers& numbers, shared::Places& places) {
  const MlflowRegistry& mlflow = version.spec.registry->mlflow;
  Object metrics;
  for (const auto& [name, value] : numbers.metrics) {
    if (core::is_decimal(value)) metrics[name] = core::decimal(value);
  }
  const std::int64_t made = version.meta.created.time_since_epoch().count() * 1000;
  Object out{{"v", 1},
             {"uri", mlflow.uri},
             {"experiment", mlflow.experiment.empty() ? version.spec.model : mlflow.experiment},
             {"model", registered_model(version.spec)},
             {"versionName", version.meta.name},
             {"uid", version.meta.uid},
             {"runId", run_id(version)},
             {"source", version.spec.artifact.uri},
             {"parameters", version.spec.provenance ? version.spec.provenance->parameters : json::StringMap{}},
             {"metrics", std::move(metrics)},
             {"tags", tags_of(version)},
             {"aliases", mlflow.aliases},
             {"startTime", made},
             {"endTime", made}};
  if (!mlflow.secret_name.empty()) out["secret"] = places.secret(mlflow.secret_name);
  return out;
}

}  // namespace

std::string registered_model(const Spec& spec) { return spec.registry->mlflow.model.empty() ? spec.model : spec.registry->mlflow.model; }

std::string register_job_name(const ModelVersion& version, std::int64_t number) {
  return kube::child_name(version.meta.name + "-register-" + std::to_string(number), version.meta.uid, 61);
}

plan::Child register_job(const ModelVersion& version, std::int64_t number, const Numbers& numbers, const shared::Settings& settings) {
  const kube::Parent parent{&kube::resources::kModelVersion, version.meta};
  json::StringMap labels = shared::common_labels(version.meta.name, kRegistrar);
  labels[std::string(shared::kModelVersionLabel)] = kube::label_value(version.meta.name);
  labels[std::string(shared::kRegisterLabel)] = std::to_string(number);
  const std::string name = register_job_name(version, number);
  shared::Places places("registry");
  const Object task = task_of(version, numbers, places);
  Object pod = shared::pod_spec("Never");
  pod["containers"] =
      json::Array{shared::our_container(settings, "register", {"/usr/local/bin/millrace-fetcher", "register"}, task, places.mounts())};
  pod["volumes"] = places.volumes();
  Object job = kube::child_object(kube::resources::kJob, parent, name, labels);
  job["spec"] = Object{{"backoffLimit", 0}, {"template", Object{{"metadata", Object{{"labels", labels}}}, {"spec", std::move(pod)}}}};
  return {.kind = &kube::resources::kJob, .name = name, .keep = plan::Keep::CreatedOnce, .desired = std::move(job)};
}

}  // namespace millrace::model_version
