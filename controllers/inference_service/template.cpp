#include "inference_service/template.h"

#include <algorithm>

#include "kube/model/children.h"
#include "shared/labels.h"
#include "shared/places.h"

namespace millrace::inference_service {
namespace {

constexpr std::int64_t kLeastSpace = 64L << 20;  // emptyDir also holds what the fetcher writes beside the bytes

// Room for the model and a fifth of it (D34).
std::int64_t space_for(std::int64_t size) { return size == 0 ? 0 : std::max(kLeastSpace, size + size / 5); }

json::Object fetch(const model_version::Artifact& artifact, shared::Places& places, const shared::Settings& settings) {
  json::Object model = places.location(artifact.uri, artifact.secret_name);
  model["digest"] = artifact.digest;
  model["into"] = kModelDir;
  json::Array mounts{shared::mount("model", kModelDir)};
  mounts.insert(mounts.end(), places.mounts().begin(), places.mounts().end());
  return shared::our_container(settings, "fetch", {"/usr/local/bin/millrace-fetcher", "fetch"},
                               json::Object{{"v", 1}, {"model", std::move(model)}}, std::move(mounts));
}

json::Array volumes(const model_version::Artifact& artifact, const shared::Places& places) {
  json::Array out{shared::empty_dir("model", space_for(artifact.size)), shared::empty_dir("tmp")};
  out.insert(out.end(), places.volumes().begin(), places.volumes().end());
  return out;
}

}  // namespace

json::StringMap revision_labels(const InferenceService& service, std::string_view revision) {
  return {{std::string(shared::kInferenceServiceLabel), kube::label_value(service.meta.name)},
          {std::string(shared::kRevisionLabel), std::string(revision)}};
}

json::Array service_ports() {
  const auto port = [](std::string_view called, int number, std::string_view protocol) {
    return json::Object{{"name", called}, {"port", number}, {"targetPort", number}, {"protocol", "TCP"}, {"appProtocol", protocol}};
  };
  return {port("http", kHttpPort, "http"), port("grpc", kGrpcPort, "kubernetes.io/h2c")};
}

json::Object pod_template(const InferenceService& service, const model_version::ModelVersion& version, const Runtime& runtime,
                          std::string_view revision, const shared::Settings& settings) {
  const model_version::Artifact& artifact = version.spec.artifact;
  json::StringMap labels = shared::common_labels(service.meta.name, "server");
  labels[std::string(kube::kManagedByLabel)] = kube::kManagedBy;
  labels.merge(revision_labels(service, revision));
  labels[std::string(shared::kModelLabel)] = kube::label_value(service.spec.model);
  labels[std::string(shared::kModelVersionLabel)] = kube::label_value(version.meta.name);

  const Serve serve{.model = service.spec.model,
                    .number = version.spec.version,
                    .format = artifact.format,
                    .image = runtime.image(artifact.format, runtime.version)};
  json::Object model = runtime.container(serve, service.spec.container.value_or(Container{}));
  model["volumeMounts"] = json::Array{shared::mount("model", kModelDir), shared::mount("tmp", "/tmp")};

  shared::Places places("source");
  json::Object spec = shared::pod_spec("Always");
  spec["initContainers"] = json::Array{fetch(artifact, places, settings)};
  spec["containers"] = json::Array{std::move(model)};
  spec["volumes"] = volumes(artifact, places);
  const auto drain = std::chrono::ceil<std::chrono::seconds>(service.spec.rollout.drain).count();
  spec["terminationGracePeriodSeconds"] = static_cast<std::int64_t>(drain + 30);
  const json::StringMap annotations{{std::string(shared::kDefaultContainer), "model"}};
  return {{"metadata", json::Object{{"labels", labels}, {"annotations", annotations}}}, {"spec", std::move(spec)}};
}

}  // namespace millrace::inference_service
