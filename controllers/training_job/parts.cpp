#include "training_job/parts.h"

#include <cctype>
#include <set>

#include "core/quantity.h"
#include "shared/places.h"
#include "shared/pods.h"
#include "training_job/children.h"
#include "training_job/reporting.h"
#include "training_job/retries.h"
#include "training_job/sources.h"

namespace millrace::training_job {
namespace {

using json::Array;
using json::Object;

constexpr std::int64_t kScratch = 1LL << 30;  // what steps may leave in /millrace beside data and model

std::int64_t bytes_of(const json::Quantity& quantity) { return core::quantity_value(quantity.text).value_or(kScratch); }

Object publish_task(const TrainingJob& job, const RunStatus& run, shared::Places& places) {
  const Spec& spec = job.spec;
  const Store& store = spec.output.store;
  Object out{{"v", 1},
             {"model", "/millrace/output/model"},
             {"metrics", "/millrace/output/metrics.json"},
             {"name", spec.model},
             {"run", run_id(job, run.number)},
             {"attempt", run.attempt},
             {"report", reported_metrics(spec)},
             {"maxSize", bytes_of(spec.output.max_size)},
             {"timeout", spec.output.upload_timeout.count() / 1000},
             {"format", spec.output.format}};
  out["store"] = store.pvc ? shared::below(places.claim(store.pvc->claim_name, false), store.pvc->path) : store.uri;
  if (!store.secret_name.empty()) out["secret"] = places.secret(store.secret_name);
  return out;
}

Array parameters_env(const Spec& spec) {
  Array out;
  for (const auto& [key, value] : spec.parameters) {
    std::string name = "MILLRACE_PARAM_";
    for (const unsigned char c : key) name += static_cast<char>(std::toupper(c));
    out.push_back(Object{{"name", name}, {"value", shared::verbatim(value)}});
  }
  return out;
}

// Where data, code and what preprocess wrote lie: in the pod's own volume, or in a folder of the workspace, which is the volume of the
// pod that prepares and stands beside that of a pod that trains.
struct Inputs {
  std::string_view volume = shared::kVolume;
  std::string folder{};
  bool shared() const { return volume != shared::kVolume; }
  json::Value mount(const std::string& name) const {
    return shared::mount(volume, "/millrace/" + name, true, folder.empty() ? name : shared::below(folder, name));
  }
};

// On a workspace the folders that claims and Secrets are mounted in lie in a volume of the pod's own: the node makes them for root, and
// nobody else could clear them away.
constexpr std::string_view kMountPoints = "mount-points";

Array work_mounts(const Inputs& from) {
  if (from.shared() || from.folder.empty()) return {shared::mount(shared::kVolume, shared::kMount)};
  return {shared::mount(shared::kVolume, shared::kMount, false, from.folder),
          shared::mount(kMountPoints, "/millrace/claims", false, "claims"),
          shared::mount(kMountPoints, "/millrace/secrets", false, "secrets")};
}

// What the user's steps read and may not change.
Array inputs(const Spec& spec, const Inputs& from, bool is_prepared) {
  Array out = work_mounts(from);
  out.push_back(from.mount("data"));
  if (spec.code) out.push_back(from.mount("code"));
  if (is_prepared) out.push_back(from.mount("prepared"));
  if (from.shared()) out.push_back(from.mount("parameters.json"));
  return out;
}

json::Value secret_key(std::string_view secret, std::string_view key) {
  return Object{{"secretKeyRef", Object{{"name", secret}, {"key", key}, {"optional", true}}}};
}

// What MLflow's own client reads in the training step.
Array tracking_env(const Spec& spec) {
  const auto& mlflow = spec.tracking.mlflow;
  if (!mlflow) return {};
  Array out{Object{{"name", "MLFLOW_TRACKING_URI"}, {"value", shared::verbatim(mlflow->uri)}},
            Object{{"name", "MLFLOW_EXPERIMENT_NAME"},
                   {"value", shared::verbatim(mlflow->experiment.empty() ? spec.model : mlflow->experiment)}}};
  if (mlflow->secret_name.empty()) return out;
  for (const auto& [name, key] : {std::pair{"MLFLOW_TRACKING_USERNAME", "username"}, std::pair{"MLFLOW_TRACKING_PASSWORD", "password"},
                                  std::pair{"MLFLOW_TRACKING_TOKEN", "token"}}) {
    out.push_back(Object{{"name", name}, {"valueFrom", secret_key(mlflow->secret_name, key)}});
  }
  return out;
}

struct Wrapped {  // a step of the user under millrace-step
  std::string_view name;
  const shared::Step& step;
  std::string_view writes;   // folder
  std::string_view after;    // container that it follows; empty: none
  std::string checkpoint{};  // folder; empty: none
  bool removable = false;    // what it writes stays, for the next run to remove
};

Object user_container(const Wrapped& w, const Spec& spec, const Inputs& from, bool is_prepared) {
  std::vector<std::string> command{std::string(shared::kBinary), w.after.empty() ? "run" : "follow", "--name", std::string(w.name)};
  if (!w.after.empty()) command.insert(command.end(), {"--after", std::string(w.after)});
  if (!w.checkpoint.empty()) command.insert(command.end(), {"--checkpoint", w.checkpoint});
  command.insert(command.end(), {w.removable ? "--give" : "--share", std::string(w.writes), "--"});
  command.insert(command.end(), w.step.command.begin(), w.step.command.end());
  command.insert(command.end(), w.step.args.begin(), w.step.args.end());
  // What a person wrote comes last: it counts.
  Array env = joined(w.name == "train" ? tracking_env(spec) : Array{}, joined(shared::env_list(w.step.env), parameters_env(spec)));
  Object out{{"name", w.name},
             {"image", w.step.image},
             {"command", command},
             {"env", std::move(env)},
             {"resources", shared::resources_of(w.step.resources)},
             {"securityContext", shared::user_security()},
             {"volumeMounts", inputs(spec, from, is_prepared)}};
  if (!w.step.image_pull_policy.empty()) out["imagePullPolicy"] = w.step.image_pull_policy;
  return out;
}

Object train_container(const TrainingJob& job, const RunStatus& run, const Inputs& from, shared::Places& checkpoints) {
  const Spec& spec = job.spec;
  shared::Step train = spec.train;
  train.resources = train_resources(spec, run.memory);
  Wrapped wrapped{"train", train, "/millrace/output", ""};
  if (spec.checkpoint) {
    const std::string folder = checkpoints.claim(spec.checkpoint->pvc.claim_name, false);
    wrapped.checkpoint = shared::below(folder, run_id(job, run.number) + "/a" + std::to_string(run.attempt));
  }
  Object out = user_container(wrapped, spec, from, spec.preprocess.has_value());
  Array& mounts = *out["volumeMounts"].array();
  for (const json::Value& more : checkpoints.mounts()) mounts.push_back(more);
  return out;
}

Object publish_container(const TrainingJob& job, const RunStatus& run, std::int64_t bytes, shared::Places& store,
                         const shared::Settings& settings) {
  const std::string after = job.spec.evaluate ? "train,evaluate" : "train";
  const Object task = publish_task(job, run, store);
  Object out = shared::our_container(
      settings, "publish",
      {"/usr/local/bin/millrace-step", "follow", "--name", "publish", "--after", after, "--", "/usr/local/bin/millrace-fetcher", "publish"},
      task, joined(Array{shared::mount(shared::kVolume, shared::kMount)}, store.mounts()));
  // The pod's claim on the node's disk: what the volume will hold.
  (*out["resources"].object()->find("requests")->object())["ephemeral-storage"] = std::to_string(bytes);
  return out;
}

Object tools_container(const Inputs& from, const shared::Settings& settings) {
  return shared::our_container(settings, "tools", {"/usr/local/bin/millrace-step", "install", "/millrace/bin"}, {}, work_mounts(from));
}

// fetch, and preprocess after it.
Array preparing(const TrainingJob& job, const Status& status, const Inputs& into, shared::Places& sources,
                const shared::Settings& settings) {
  const Spec& spec = job.spec;
  const Object task = fetch_task(spec, status.data, status.code, sources);
  Array out{shared::our_container(settings, "fetch", {"/usr/local/bin/millrace-fetcher", "fetch"}, task,
                                  joined(work_mounts(into), sources.mounts()))};
  Wrapped preprocess{"preprocess", spec.preprocess.value_or(shared::Step{}), "/millrace/prepared", ""};
  preprocess.removable = !into.folder.empty();
  if (spec.preprocess) out.push_back(user_container(preprocess, spec, into, false));
  return out;
}

std::string prepared_in(const TrainingJob& job, std::int64_t run, std::int64_t attempt) {
  return job.meta.uid + "/" + prepared_name(run, attempt);
}

// What earlier runs of the TrainingJob left on the workspace goes before more is put there.
Object clear_container(const TrainingJob& job, const RunStatus& run, const Inputs& into, shared::Places& workspace,
                       const shared::Settings& settings) {
  const Object task{{"v", 1},
                    {"folder", shared::below(workspace.claim(run.prepared.claim, false), job.meta.uid)},
                    {"keep", prepared_name(run.number, run.attempt)}};
  return shared::our_container(settings, "clear", {"/usr/local/bin/millrace-fetcher", "clear"}, task,
                               joined(work_mounts(into), workspace.mounts()));
}

}  // namespace

Array joined(Array a, Array b) {
  for (json::Value& v : b) a.push_back(std::move(v));
  return a;
}

Object user_pod(const Spec& spec) {
  Object pod = shared::pod_spec("Never");
  if (!spec.pod.service_account_name.empty()) pod["serviceAccountName"] = spec.pod.service_account_name;
  return pod;
}

std::vector<std::string> reported_metrics(const Spec& spec) {
  std::set<std::string> names(spec.output.metrics.begin(), spec.output.metrics.end());
  for (const model_version::Gate& gate : spec.version.gates) names.insert(gate.metric);
  return {names.begin(), names.end()};
}

std::vector<std::string_view> run_containers(const Spec& spec, const RunStatus& run) {
  const bool is_prepared = run.prepared.attempt > 0;
  std::vector<std::string_view> out{"tools"};
  if (!is_prepared) out.push_back("fetch");
  if (!is_prepared && spec.preprocess) out.push_back("preprocess");
  out.push_back("train");
  if (spec.evaluate) out.push_back("evaluate");
  out.push_back("publish");
  return out;
}

std::vector<std::string_view> prepare_containers(const Spec& spec) {
  std::vector<std::string_view> out{"tools", "clear", "fetch"};
  if (spec.preprocess) out.push_back("preprocess");
  return out;
}

std::string prepared_name(std::int64_t run, std::int64_t attempt) { return "r" + std::to_string(run) + "-a" + std::to_string(attempt); }

json::Object run_pod(const TrainingJob& job, const Status& status, const shared::Settings& settings) {
  const Spec& spec = job.spec;
  std::int64_t bytes = bytes_of(spec.output.max_size);
  shared::Places sources("source"), store("store");
  Inputs from;
  Array prepared;
  if (status.run.prepared.attempt > 0) {
    from = {"workspace", prepared_in(job, status.run.number, status.run.prepared.attempt)};
  } else {
    for (const DataStatus& d : status.data) bytes += d.size;
    prepared = preparing(job, status, from, sources, settings);
  }
  Object pod = user_pod(spec);
  pod["terminationGracePeriodSeconds"] = kStopGrace.count();
  pod["initContainers"] = joined({tools_container(from, settings)}, std::move(prepared));
  shared::Places checkpoints("checkpoint");
  Array containers{train_container(job, status.run, from, checkpoints)};
  if (spec.evaluate) {
    containers.push_back(
        user_container({"evaluate", *spec.evaluate, "/millrace/output", "train"}, spec, from, spec.preprocess.has_value()));
  }
  containers.push_back(publish_container(job, status.run, bytes, store, settings));
  pod["containers"] = std::move(containers);
  pod["volumes"] = joined(joined(Array{shared::empty_dir(shared::kVolume, bytes + kScratch)}, store.volumes()), sources.volumes());
  for (const json::Value& more : checkpoints.volumes()) pod["volumes"].array()->push_back(more);
  if (from.shared()) pod["volumes"].array()->push_back(shared::claim_volume(from.volume, status.run.prepared.claim, false));
  if (settings.reports) report_to(pod, *settings.reports, run_id(job, status.run.number));
  return pod;
}

json::Object prepare_pod(const TrainingJob& job, const Status& status, const shared::Settings& settings) {
  const RunStatus& run = status.run;
  const Inputs into{.folder = prepared_in(job, run.number, run.attempt)};
  shared::Places sources("source"), workspace("workspace");
  Array steps{tools_container(into, settings), clear_container(job, run, into, workspace, settings)};
  steps = joined(std::move(steps), preparing(job, status, into, sources, settings));
  Object pod = user_pod(job.spec);
  pod["terminationGracePeriodSeconds"] = kStopGrace.count();
  pod["containers"] = Array{std::move(steps.back())};
  steps.pop_back();
  pod["initContainers"] = std::move(steps);
  pod["volumes"] = joined(
      joined({shared::claim_volume(shared::kVolume, run.prepared.claim, false), shared::empty_dir(kMountPoints)}, workspace.volumes()),
      sources.volumes());
  return pod;
}

}  // namespace millrace::training_job
