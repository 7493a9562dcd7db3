// The pod of an evaluation: data and both models are fetched, the user's step runs once per model, `measure` tells the numbers.
#include <algorithm>
#include <set>

#include "kube/model/children.h"
#include "model_version/children.h"
#include "shared/labels.h"
#include "shared/places.h"
#include "shared/pods.h"

namespace millrace::model_version {
namespace {

using json::Array;
using json::Object;

constexpr std::string_view kFetcher = "/usr/local/bin/millrace-fetcher", kStep = "/usr/local/bin/millrace-step";

Array joined(Array a, Array b) {
  for (json::Value& v : b) a.push_back(std::move(v));
  return a;
}

std::string folder(std::string_view who, std::string_view what) { return "/millrace/" + std::string(who) + "/" + std::string(what); }

const DataProvenance* pinned(const Spec& spec, const std::string& name) {
  if (!spec.provenance) return nullptr;
  const auto at =
      std::find_if(spec.provenance->data.begin(), spec.provenance->data.end(), [&](const DataProvenance& d) { return d.name == name; });
  return at == spec.provenance->data.end() ? nullptr : &*at;
}

Object source_of(const Spec& spec, const EvaluationData& data, shared::Places& places) {
  Object out;
  if (!data.uri.empty()) {
    out = places.location(data.uri, data.secret_name);
    out["digest"] = data.digest;
    out["identity"] = data.digest;
    out["strength"] = "Strong";
  } else if (const DataProvenance* d = pinned(spec, data.name)) {
    if (d->repo.empty()) {
      out = places.location(d->uri, data.secret_name);
    } else {
      Object dvc{{"repo", d->repo}, {"rev", d->commit}, {"path", d->path}};
      if (!d->remote.empty()) dvc["remote"] = d->remote;
      out["dvc"] = std::move(dvc);
      out["commit"] = d->commit;
      if (!data.secret_name.empty()) out["secret"] = places.secret(data.secret_name);
    }
    out["identity"] = d->identity;
    out["strength"] = d->strength;
  }
  out["name"] = data.name;
  return out;
}

Object fetch_data(const Spec& spec, const shared::Settings& settings, shared::Places& places) {
  Array sources;
  for (const EvaluationData& d : spec.evaluation->data) sources.emplace_back(source_of(spec, d, places));
  const Object task{{"v", 1}, {"into", "/millrace/data"}, {"sources", std::move(sources)}};
  return shared::our_container(settings, "fetch", {std::string(kFetcher), "fetch"}, task,
                               joined(Array{shared::mount(shared::kVolume, shared::kMount)}, places.mounts()));
}

Object fetch_model(std::string_view who, const Artifact& artifact, const shared::Settings& settings, shared::Places& places) {
  Object model = places.location(artifact.uri, artifact.secret_name);
  model["digest"] = artifact.digest;
  model["into"] = folder(who, "model");
  return shared::our_container(settings, "fetch-" + std::string(who), {std::string(kFetcher), "fetch"},
                               Object{{"v", 1}, {"model", std::move(model)}},
                               joined(Array{shared::mount(shared::kVolume, shared::kMount)}, places.mounts()));
}

Object measured(std::string_view who, const shared::Step& step) {
  std::vector<std::string> command{std::string(shared::kBinary), "run", "--name", std::string(who), "--share", folder(who, "output"), "--"};
  command.insert(command.end(), step.command.begin(), step.command.end());
  command.insert(command.end(), step.args.begin(), step.args.end());
  Array env = shared::env_list(step.env);
  env.push_back(Object{{"name", "MILLRACE_MODEL_DIR"}, {"value", folder(who, "model")}});
  env.push_back(Object{{"name", "MILLRACE_OUTPUT_DIR"}, {"value", folder(who, "output")}});
  Object out{{"name", who},
             {"image", step.image},
             {"command", command},
             {"env", std::move(env)},
             {"resources", shared::resources_of(step.resources)},
             {"securityContext", shared::user_security()},
             {"volumeMounts",
              Array{shared::mount(shared::kVolume, shared::kMount), shared::mount(shared::kVolume, "/millrace/data", true, "data")}}};
  if (!step.image_pull_policy.empty()) out["imagePullPolicy"] = step.image_pull_policy;
  return out;
}

Object measure(const Spec& spec, bool has_champion, const shared::Settings& settings) {
  std::set<std::string> names;
  for (const Gate& gate : spec.gates) names.insert(gate.metric);
  Object files{{"challenger", folder("challenger", "output/metrics.json")}};
  if (has_champion) files["champion"] = folder("champion", "output/metrics.json");
  const Object task{{"v", 1}, {"metrics", std::move(files)}, {"report", std::vector<std::string>(names.begin(), names.end())}};
  return shared::our_container(settings, "measure",
                               {std::string(kStep), "follow", "--name", "measure", "--after",
                                has_champion ? "challenger,champion" : "challenger", "--", std::string(kFetcher), "measure"},
                               task, Array{shared::mount(shared::kVolume, shared::kMount)});
}

Object pod_of(const Spec& spec, const std::optional<Rival>& champion, const shared::Settings& settings) {
  shared::Places data("data"), challenger("challenger"), other("champion");
  Array init{shared::our_container(settings, "tools", {std::string(kStep), "install", "/millrace/bin"}, {},
                                   Array{shared::mount(shared::kVolume, shared::kMount)}),
             fetch_data(spec, settings, data), fetch_model("challenger", spec.artifact, settings, challenger)};
  Array containers{measured("challenger", spec.evaluation->step)};
  if (champion) {
    init.push_back(fetch_model("champion", champion->artifact, settings, other));
    containers.push_back(measured("champion", spec.evaluation->step));
  }
  containers.push_back(measure(spec, champion.has_value(), settings));
  Object pod = shared::pod_spec("Never");
  pod["initContainers"] = std::move(init);
  pod["containers"] = std::move(containers);
  pod["volumes"] = joined(joined(joined(Array{shared::empty_dir(shared::kVolume)}, data.volumes()), challenger.volumes()), other.volumes());
  return pod;
}

}  // namespace

plan::Child evaluate_job(const ModelVersion& version, std::int64_t number, const std::optional<Rival>& champion,
                         const shared::Settings& settings) {
  const kube::Parent parent{&kube::resources::kModelVersion, version.meta};
  json::StringMap labels = shared::common_labels(version.meta.name, "evaluator");
  labels[std::string(shared::kModelVersionLabel)] = kube::label_value(version.meta.name);
  labels[std::string(shared::kEvaluateLabel)] = std::to_string(number);
  const std::string name = kube::child_name(version.meta.name + "-evaluate-" + std::to_string(number), version.meta.uid, 61);
  Object job = kube::child_object(kube::resources::kJob, parent, name, labels,
                                  {{std::string(kChampionAnnotation), champion ? champion->who.digest : std::string()}});
  job["spec"] = Object{{"backoffLimit", 0},
                       {"template", Object{{"metadata", Object{{"labels", labels}}}, {"spec", pod_of(version.spec, champion, settings)}}}};
  return {.kind = &kube::resources::kJob, .name = name, .keep = plan::Keep::CreatedOnce, .desired = std::move(job)};
}

}  // namespace millrace::model_version
