#include "model_version/children.h"

#include "kube/model/children.h"
#include "shared/labels.h"
#include "shared/places.h"
#include "shared/pods.h"

namespace millrace::model_version {
namespace {

json::Object pod_of(const ModelVersion& version, const shared::Settings& settings) {
  const Artifact& artifact = version.spec.artifact;
  shared::Places places("source");
  json::Object task = places.location(artifact.uri, artifact.secret_name);
  task["v"] = 1;
  task["digest"] = artifact.digest;
  json::Object pod = shared::pod_spec("Never");
  pod["containers"] = json::Array{shared::our_container(settings, "verify", {"millrace-fetcher", "verify"}, task, places.mounts())};
  pod["volumes"] = places.volumes();
  return pod;
}

}  // namespace

std::string verify_job_name(const ModelVersion& version, std::int64_t number) {
  return kube::child_name(version.meta.name + "-verify-" + std::to_string(number), version.meta.uid, 61);
}

plan::Child verify_job(const ModelVersion& version, std::int64_t number, const shared::Settings& settings) {
  const kube::Parent parent{&kube::resources::kModelVersion, version.meta};
  json::StringMap labels = shared::common_labels(version.meta.name, "verifier");
  labels[std::string(shared::kModelVersionLabel)] = kube::label_value(version.meta.name);
  labels[std::string(shared::kVerifyLabel)] = std::to_string(number);
  const std::string name = verify_job_name(version, number);
  json::Object job = kube::child_object(kube::resources::kJob, parent, name, labels);
  job["spec"] = json::Object{
      {"backoffLimit", 0}, {"template", json::Object{{"metadata", json::Object{{"labels", labels}}}, {"spec", pod_of(version, settings)}}}};
  return {.kind = &kube::resources::kJob, .name = name, .keep = plan::Keep::CreatedOnce, .desired = std::move(job)};
}

plan::Child own_annotations(const ModelVersion& version, json::StringMap annotations) {
  return {.kind = &kube::resources::kModelVersion,
          .name = version.meta.name,
          .keep = plan::Keep::CreatedOnce,
          .own_annotations = std::move(annotations)};
}

}  // namespace millrace::model_version
