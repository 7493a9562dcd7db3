#include "inference_service/revision.h"

#include "inference_service/template.h"
#include "json/codec.h"
#include "json/raw.h"
#include "shared/labels.h"
#include "shared/store_uri.h"

namespace millrace::inference_service {
namespace {

constexpr std::size_t kDigits = 8;

json::Value container_value(const std::optional<Container>& container) {
  return container ? json::encode(*container) : json::Value(json::Object{});
}

std::string causes_of(const Spec& spec, const model_version::ModelVersion& version, const Runtime& runtime) {
  return json::hash(json::Object{{"model", spec.model},
                                 {"digest", version.spec.artifact.digest},
                                 {"uri", version.spec.artifact.digest.empty() ? version.spec.artifact.uri : std::string()},
                                 {"runtime", runtime.name},
                                 {"container", container_value(spec.container)},
                                 {"restart", spec.rollout.restart}});
}

std::string digits(const std::string& causes, std::string_view runtime_version) {
  const std::string hash = json::hash(json::Object{{"causes", causes}, {"runtimeVersion", runtime_version}});
  return hash.substr(hash.find(':') + 1, kDigits);
}

const kube::ControllerRevision* newest_with(const Observed& seen, const std::string& causes) {
  const kube::ControllerRevision* newest = nullptr;
  for (const auto& frozen : seen.revisions) {
    if (frozen->meta.annotation(kCausesAnnotation) != causes || frozen->meta.deleting()) continue;
    if (frozen->meta.label(shared::kRevisionLabel).empty()) continue;  // a hand took the label off
    if (newest == nullptr || frozen->revision > newest->revision) newest = frozen.get();
  }
  return newest;
}

}  // namespace

std::optional<Target> target_for(const Observed& seen, const model_version::ModelVersion& version, const shared::Settings& settings) {
  const Spec& spec = seen.service.spec;
  const Runtime* runtime = runtime_for(spec.runtime, version.spec.artifact.format);
  if (runtime == nullptr || !shared::parse_store_uri(version.spec.artifact.uri)) return std::nullopt;
  Target out{.version = version.meta.name, .causes = causes_of(spec, version, *runtime), .runtime = std::string(runtime->name)};
  if (const kube::ControllerRevision* known = newest_with(seen, out.causes)) {
    out.revision = known->meta.label(shared::kRevisionLabel);
    return out;
  }
  out.revision = digits(out.causes, runtime->version);
  const json::Object inputs{{"modelVersion", version.meta.name},
                            {"number", version.spec.version},
                            {"artifact", json::encode(version.spec.artifact)},
                            {"runtime", json::Object{{"name", runtime->name}, {"version", runtime->version}}},
                            {"container", container_value(spec.container)},
                            {"restart", spec.rollout.restart}};
  out.data =
      json::Object{{"v", 1}, {"inputs", inputs}, {"template", pod_template(seen.service, version, *runtime, out.revision, settings)}};
  return out;
}

std::optional<json::Value> template_of(const kube::ControllerRevision& frozen) {
  const std::string_view bytes = json::raw_member(frozen.data.bytes, "template");
  if (!bytes.starts_with('{')) return std::nullopt;
  return json::Text{std::string(bytes)};
}

std::optional<json::Value> template_in(const json::Value& data) {
  const json::Value* found = data.at({"template"});
  if (found == nullptr || found->object() == nullptr) return std::nullopt;
  return *found;
}

std::string version_of(const kube::ControllerRevision& frozen) {
  const std::string full = frozen.meta.annotation(kVersionAnnotation);
  return full.empty() ? frozen.meta.label(shared::kModelVersionLabel) : full;
}

}  // namespace millrace::inference_service
