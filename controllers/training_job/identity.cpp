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
  if (spec.evaluate) out["evaluate"] = step_of(*spec.evaluate);
  return out;
}

}  // namespace

std::string input_hash(const Spec& spec, const std::vector<DataStatus>& data) {
  json::Object whole = work_of(spec);
  json::Object identities;
  for (const DataStatus& d : data) identities[d.name] = d.identity;
  whole["data"] = std::move(identities);
  return json::hash(whole);
}

std::string asked_hash(const Spec& spec) {
  json::Object whole = work_of(spec);
  json::Array data;
  for (const DataSource& d : spec.data) {
    json::Object one{{"name", d.name}, {"uri", d.uri}, {"digest", d.digest}};
    if (!d.secret_name.empty()) one["secretName"] = d.secret_name;  // no input, but a look with another one may find what this did not
    data.push_back(std::move(one));
  }
  whole["data"] = std::move(data);
  whole["run"] = spec.run;
  return json::hash(whole);
}

}  // namespace millrace::training_job
