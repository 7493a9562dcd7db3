// The Job that deletes the bytes of a version, in the user's namespace and with the store's Secret.
#include "kube/model/children.h"
#include "model_version/children.h"
#include "shared/labels.h"
#include "shared/places.h"
#include "shared/pods.h"

namespace millrace::model_version {
namespace {

using json::Object;

constexpr int kLongest = 3600;  // seconds: a pod that cannot start is a failure after all
constexpr int kKept = 3600;     // seconds, for its log; longer than any wait for the next try

Object pod_of(const ModelVersion& version, const shared::Settings& settings) {
  const Artifact& artifact = version.spec.artifact;
  shared::Places places("store");
  if (const std::string claim = shared::claim_of(artifact.uri); !claim.empty()) places.claim(claim, false);
  Object task = places.location(artifact.uri, artifact.secret_name);
  task["v"] = 1;
  Object pod = shared::pod_spec("Never");
  pod["containers"] =
      json::Array{shared::our_container(settings, "delete", {"/usr/local/bin/millrace-fetcher", "delete"}, task, places.mounts())};
  pod["volumes"] = places.volumes();
  return pod;
}

}  // namespace

// A version that is made anew under the same name meets no Job of the former.
std::string delete_job_name(const ModelVersion& version, std::int64_t number) {
  const std::string& uid = version.meta.uid;
  return kube::child_name(version.meta.name + "-delete-" + uid.substr(0, 8) + "-" + std::to_string(number), uid, 61);
}

// It has no owner: a deletion in the foreground would delete it before its work is done.
plan::Child delete_job(const ModelVersion& version, std::int64_t number, const shared::Settings& settings) {
  const kube::Parent parent{&kube::resources::kModelVersion, version.meta};
  json::StringMap labels = shared::common_labels(version.meta.name, "deleter");
  labels[std::string(shared::kModelVersionLabel)] = kube::label_value(version.meta.name);
  labels[std::string(shared::kDeletesLabel)] = kube::label_value(version.meta.uid);
  labels[std::string(shared::kDeleteLabel)] = std::to_string(number);
  const std::string name = delete_job_name(version, number);
  Object job = kube::child_object(kube::resources::kJob, parent, name, labels);
  job["metadata"].object()->erase("ownerReferences");
  job["spec"] = Object{{"backoffLimit", 0},
                       {"activeDeadlineSeconds", kLongest},
                       {"ttlSecondsAfterFinished", kKept},
                       {"template", Object{{"metadata", Object{{"labels", labels}}}, {"spec", pod_of(version, settings)}}}};
  return {.kind = &kube::resources::kJob, .name = name, .keep = plan::Keep::CreatedOnce, .desired = std::move(job)};
}

}  // namespace millrace::model_version
