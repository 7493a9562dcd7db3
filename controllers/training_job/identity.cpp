#include "training_job/identity.h"

#include "json/value.h"

namespace millrace::training_job {
namespace {

json::Value env_of(const std::vector<shared::EnvVar>& env) {
  json::Array out;
  for (const shared::EnvVar& e : env) out.push_back(json::Object{{"name", e.name}, {"value", e.value}, {"valueFrom", e.value_from.bytes}});
  return out;
}

json::Value step_of(const shared::Step& step) {
  return json::Object{{"image", step.image}, {"command", step.command}, {"args", step.args}, {"env", env_of(step.env)}};
}

json::Object work_of(const Spec& spec) {
  json::Object out{{"train", step_of(spec.train)},
                   {"parameters", spec.parameters},
                   {"framework", kFrameworks[static_cast<int>(spec.framework)].name},
                   {"workers", spec.workers},
                   {"format", spec.output.format}};
  if (spec.preprocess) out["preprocess"] = step_of(*spec.preprocess);
  if (spec.evaluate) out["evaluate"] = step_of(*spec.evaluate);
  return out;
}

// A Secret is no input, but a look with another one may find what this did not.
json::Value asked_of(const DataSource& d) {
  json::Object out{{"name", d.name}, {"uri", d.uri}, {"digest", d.digest}};
  if (!d.secret_name.empty()) out["secretName"] = d.secret_name;
  if (d.dvc) {
    out["dvc"] = json::Object{
        {"repo", d.dvc->repo}, {"rev", d.dvc->rev}, {"path", d.dvc->path}, {"remote", d.dvc->remote}, {"secretName", d.dvc->secret_name}};
  }
  return out;
}

}  // namespace

std::string input_hash(const Spec& spec, const Status& pinned) {
  json::Object whole = work_of(spec);
  json::Object identities;
  for (const DataStatus& d : pinned.data) identities[d.name] = d.identity;
  whole["data"] = std::move(identities);
  if (pinned.code) whole["code"] = pinned.code->commit;
  return json::hash(whole);
}

std::string asked_hash(const Spec& spec) {
  json::Object whole = work_of(spec);
  whole["model"] = spec.model;
  json::Array data;
  for (const DataSource& d : spec.data) data.push_back(asked_of(d));
  whole["data"] = std::move(data);
  if (spec.code) whole["code"] = json::Object{{"repo", spec.code->repo}, {"rev", spec.code->rev}, {"secretName", spec.code->secret_name}};
  whole["run"] = spec.run;
  return json::hash(whole);
}

}  // namespace millrace::training_job
