#include "training_job/parts.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "core/quantity.h"
#include "shared/pods.h"
#include "shared/store_uri.h"

namespace millrace::training_job {
namespace {

using json::Array;
using json::Object;

constexpr std::int64_t kScratch = 1LL << 30;  // what steps may leave in /millrace beside data and model

std::string source_folder(const DataSource& d) { return "/millrace/sources/" + d.name; }
std::string secret_folder(const DataSource& d) { return "/millrace/secrets/" + d.name; }
const shared::PvcUri* claim_of(const shared::StoreUri& uri) { return std::get_if<shared::PvcUri>(&uri); }

shared::StoreUri uri_of(const DataSource& d) {
  auto parsed = shared::parse_store_uri(d.uri);
  return parsed ? std::move(*parsed) : shared::StoreUri(shared::HttpsUri{d.uri});
}

Object source_task(const DataSource& d) {
  Object out{{"name", d.name}, {"uri", d.uri}};
  const shared::StoreUri uri = uri_of(d);
  if (const auto* claim = claim_of(uri)) out["path"] = shared::below(source_folder(d), claim->path);
  if (!d.digest.empty()) out["digest"] = d.digest;
  if (!d.secret_name.empty()) out["secret"] = secret_folder(d);
  return out;
}

Array source_mounts(const Spec& spec) {
  Array out;
  for (const DataSource& d : spec.data) {
    const shared::StoreUri uri = uri_of(d);
    if (claim_of(uri)) out.push_back(shared::mount("source-" + d.name, source_folder(d), true));
    if (!d.secret_name.empty()) out.push_back(shared::mount("secret-" + d.name, secret_folder(d), true));
  }
  return out;
}

Array source_volumes(const Spec& spec) {
  Array out;
  for (const DataSource& d : spec.data) {
    const shared::StoreUri uri = uri_of(d);
    if (const auto* claim = claim_of(uri)) out.push_back(shared::claim_volume("source-" + d.name, claim->claim, true));
    if (!d.secret_name.empty()) out.push_back(shared::secret_volume("secret-" + d.name, d.secret_name));
  }
  return out;
}

Array joined(Array a, Array b) {
  for (json::Value& v : b) a.push_back(std::move(v));
  return a;
}

Object fetch_task(const Spec& spec, const std::vector<DataStatus>& data) {
  Array sources;
  for (const DataSource& d : spec.data) {
    Object one = source_task(d);
    const auto pinned = std::find_if(data.begin(), data.end(), [&](const DataStatus& p) { return p.name == d.name; });
    if (pinned != data.end()) {
      one["identity"] = pinned->identity;
      one["strength"] = pinned->strength;
    }
    sources.push_back(std::move(one));
  }
  return {{"v", 1},
          {"into", "/millrace/data"},
          {"parameters", spec.parameters},
          {"parametersFile", "/millrace/parameters.json"},
          {"sources", std::move(sources)}};
}

std::int64_t bytes_of(const json::Quantity& quantity) { return core::quantity_value(quantity.text).value_or(kScratch); }

Object publish_task(const Spec& spec, const RunStatus& run, const std::string& id) {
  return {{"v", 1},
          {"model", "/millrace/output/model"},
          {"metrics", "/millrace/output/metrics.json"},
          {"store", shared::below("/millrace/store", spec.output.store.pvc.path)},
          {"name", spec.model},
          {"run", id},
          {"attempt", run.attempt},
          {"report", reported_metrics(spec)},
          {"maxSize", bytes_of(spec.output.max_size)},
          {"timeout", spec.output.upload_timeout.count() / 1000},
          {"format", spec.output.format}};
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

Object user_container(std::string_view name, const shared::Step& step, const Spec& spec, std::vector<std::string> wrapper) {
  wrapper.insert(wrapper.end(), {"--share", "/millrace/output", "--"});
  wrapper.insert(wrapper.end(), step.command.begin(), step.command.end());
  wrapper.insert(wrapper.end(), step.args.begin(), step.args.end());
  Object out{{"name", name},
             {"image", step.image},
             {"command", wrapper},
             {"env", joined(shared::env_list(step.env), parameters_env(spec))},
             {"resources", shared::resources_of(step.resources)},
             {"securityContext", shared::user_security()},
             {"volumeMounts",
              Array{shared::mount(shared::kVolume, shared::kMount), shared::mount(shared::kVolume, "/millrace/data", true, "data")}}};
  if (!step.image_pull_policy.empty()) out["imagePullPolicy"] = step.image_pull_policy;
  return out;
}

Object publish_container(const Spec& spec, const RunStatus& run, const std::string& id, std::int64_t bytes,
                         const shared::Settings& settings) {
  const std::string after = spec.evaluate ? "train,evaluate" : "train";
  Object out = shared::our_container(
      settings, "publish",
      {"/usr/local/bin/millrace-step", "follow", "--name", "publish", "--after", after, "--", "/usr/local/bin/millrace-fetcher", "publish"},
      publish_task(spec, run, id), Array{shared::mount(shared::kVolume, shared::kMount), shared::mount("store", "/millrace/store")});
  // The pod's claim on the node's disk: what the volume will hold.
  (*out["resources"].object()->find("requests")->object())["ephemeral-storage"] = std::to_string(bytes);
  return out;
}

}  // namespace

std::vector<std::string> reported_metrics(const Spec& spec) {
  std::set<std::string> names(spec.output.metrics.begin(), spec.output.metrics.end());
  for (const model_version::Gate& gate : spec.version.gates) names.insert(gate.metric);
  return {names.begin(), names.end()};
}

json::Object resolver_pod(const Spec& spec, const shared::Settings& settings) {
  Array sources;
  for (const DataSource& d : spec.data) sources.push_back(source_task(d));
  const Object task{{"v", 1}, {"sources", std::move(sources)}};
  Object pod = shared::pod_spec("Never");
  pod["containers"] = Array{shared::our_container(settings, "resolve", {"/usr/local/bin/millrace-fetcher", "resolve"}, task,
                                                  joined(Array{shared::mount(shared::kVolume, shared::kMount)}, source_mounts(spec)))};
  pod["volumes"] = joined(Array{shared::empty_dir(shared::kVolume)}, source_volumes(spec));
  return pod;
}

json::Object run_pod(const Spec& spec, const RunStatus& run, const std::string& id, const std::vector<DataStatus>& data,
                     const shared::Settings& settings) {
  std::int64_t bytes = bytes_of(spec.output.max_size);
  for (const DataStatus& d : data) bytes += d.size;
  const Array volume{shared::mount(shared::kVolume, shared::kMount)};
  Array containers{user_container("train", spec.train, spec, {std::string(shared::kBinary), "run", "--name", "train"})};
  if (spec.evaluate) {
    containers.push_back(user_container("evaluate", *spec.evaluate, spec,
                                        {std::string(shared::kBinary), "follow", "--name", "evaluate", "--after", "train"}));
  }
  containers.push_back(publish_container(spec, run, id, bytes, settings));
  Object pod = shared::pod_spec("Never");
  pod["initContainers"] =
      Array{shared::our_container(settings, "tools", {"/usr/local/bin/millrace-step", "install", "/millrace/bin"}, {}, volume),
            shared::our_container(settings, "fetch", {"/usr/local/bin/millrace-fetcher", "fetch"}, fetch_task(spec, data),
                                  joined(volume, source_mounts(spec)))};
  pod["containers"] = std::move(containers);
  pod["volumes"] = joined(
      Array{shared::empty_dir(shared::kVolume, bytes + kScratch), shared::claim_volume("store", spec.output.store.pvc.claim_name, false)},
      source_volumes(spec));
  return pod;
}

}  // namespace millrace::training_job
