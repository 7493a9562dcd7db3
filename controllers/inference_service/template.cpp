#include "inference_service/template.h"

#include <algorithm>

#include "core/check.h"
#include "kube/model/children.h"
#include "shared/labels.h"
#include "shared/store_uri.h"

namespace millrace::inference_service {
namespace {

constexpr std::string_view kSource = "/millrace/sources/model";
constexpr std::int64_t kLeastSpace = 64L << 20;  // emptyDir also holds what the fetcher writes beside the bytes

// Room for the model and a fifth of it (D34).
std::int64_t space_for(std::int64_t size) { return size == 0 ? 0 : std::max(kLeastSpace, size + size / 5); }

json::Object task_of(const model_version::Artifact& artifact, const shared::StoreUri& where) {
  json::Object model{{"uri", artifact.uri}, {"digest", artifact.digest}, {"into", kModelDir}};
  if (const auto* claim = std::get_if<shared::PvcUri>(&where)) model["path"] = shared::below(kSource, claim->path);
  return {{"v", 1}, {"model", std::move(model)}};
}

json::Object fetch(const model_version::Artifact& artifact, const shared::StoreUri& where, const shared::Settings& settings) {
  json::Array mounts{shared::mount("model", kModelDir)};
  if (std::holds_alternative<shared::PvcUri>(where)) mounts.push_back(shared::mount("source", kSource, true));
  return shared::our_container(settings, "fetch", {"/usr/local/bin/millrace-fetcher", "fetch"}, task_of(artifact, where),
                               std::move(mounts));
}

json::Array volumes(const model_version::Artifact& artifact, const shared::StoreUri& where) {
  json::Array out{shared::empty_dir("model", space_for(artifact.size)), shared::empty_dir("tmp")};
  if (const auto* claim = std::get_if<shared::PvcUri>(&where)) out.push_back(shared::claim_volume("source", claim->claim, true));
  return out;
}

}  // namespace

json::StringMap revision_labels(const InferenceService& service, std::string_view revision) {
  return {{std::string(shared::kInferenceServiceLabel), kube::label_value(service.meta.name)},
          {std::string(shared::kRevisionLabel), std::string(revision)}};
}

json::Object pod_template(const InferenceService& service, const model_version::ModelVersion& version, const Runtime& runtime,
                          std::string_view revision, const shared::Settings& settings) {
  const model_version::Artifact& artifact = version.spec.artifact;
  const auto where = shared::parse_store_uri(artifact.uri);
  MILLRACE_CHECK(where.has_value());
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

  json::Object spec = shared::pod_spec("Always");
  spec["initContainers"] = json::Array{fetch(artifact, *where, settings)};
  spec["containers"] = json::Array{std::move(model)};
  spec["volumes"] = volumes(artifact, *where);
  const auto drain = std::chrono::ceil<std::chrono::seconds>(service.spec.rollout.drain).count();
  spec["terminationGracePeriodSeconds"] = static_cast<std::int64_t>(drain + 30);
  const json::StringMap annotations{{std::string(shared::kDefaultContainer), "model"}};
  return {{"metadata", json::Object{{"labels", labels}, {"annotations", annotations}}}, {"spec", std::move(spec)}};
}

}  // namespace millrace::inference_service
