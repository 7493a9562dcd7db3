#include "training_job/sources.h"

#include <algorithm>

#include "training_job/batch.h"

namespace millrace::training_job {
namespace {

using json::Array;
using json::Object;

// A Secret that is missing when data is resolved is told of its source; a run waits for it.
enum class Missing { Told, AwaitedByThePod };

void add_secret(Object& out, const std::string& name, shared::Places& places, Missing missing) {
  if (!name.empty()) out["secret"] = places.secret(name, missing == Missing::Told);
}

Object source_of(const DataSource& d, shared::Places& places, Missing missing) {
  if (d.dvc) {
    Object dvc{{"repo", d.dvc->repo}, {"rev", d.dvc->rev.empty() ? "HEAD" : d.dvc->rev}, {"path", d.dvc->path}};
    if (!d.dvc->remote.empty()) dvc["remote"] = d.dvc->remote;
    Object out{{"dvc", std::move(dvc)}};
    add_secret(out, d.dvc->secret_name, places, missing);
    return out;
  }
  Object out = places.location(d.uri, d.secret_name, missing == Missing::Told);
  if (!d.digest.empty()) out["digest"] = d.digest;
  return out;
}

Object source_of(const CodeSource& code, shared::Places& places, Missing missing) {
  Object out{{"git", Object{{"repo", code.repo}, {"rev", code.rev}}}};
  add_secret(out, code.secret_name, places, missing);
  return out;
}

Object pinned_code(const CodeSource& code, const CodeStatus& pinned, shared::Places& places) {
  Object out = source_of(code, places, Missing::AwaitedByThePod);
  out["name"] = kCodeName;
  out["into"] = "/millrace/code";
  out["identity"] = "git:" + pinned.commit;
  out["strength"] = "Strong";
  out["commit"] = pinned.commit;
  return out;
}

}  // namespace

std::vector<std::string> source_names(const Spec& spec) {
  std::vector<std::string> out;
  for (const DataSource& d : spec.data) out.push_back(d.name);
  if (spec.code) out.emplace_back(kCodeName);
  return out;
}

Array resolve_sources(const TrainingJob& job, shared::Places& places) {
  Array out;
  const json::StringMap known = known_identities(job);
  for (const DataSource& d : job.spec.data) {
    Object one = source_of(d, places, Missing::Told);
    one["name"] = job.meta.name + "/" + d.name;
    if (const auto at = known.find(d.name); at != known.end()) one["known"] = at->second;
    out.emplace_back(std::move(one));
  }
  if (!job.spec.code) return out;
  Object one = source_of(*job.spec.code, places, Missing::Told);
  one["name"] = job.meta.name + "/" + std::string(kCodeName);
  out.emplace_back(std::move(one));
  return out;
}

Object fetch_task(const Spec& spec, const std::vector<DataStatus>& data, const std::optional<CodeStatus>& code, shared::Places& places) {
  Array sources;
  for (const DataSource& d : spec.data) {
    Object one = source_of(d, places, Missing::AwaitedByThePod);
    one["name"] = d.name;
    const auto pinned = std::find_if(data.begin(), data.end(), [&](const DataStatus& p) { return p.name == d.name; });
    if (pinned != data.end()) {
      one["identity"] = pinned->identity;
      one["strength"] = pinned->strength;
      if (!pinned->commit.empty()) one["commit"] = pinned->commit;
    }
    sources.emplace_back(std::move(one));
  }
  if (spec.code && code) sources.emplace_back(pinned_code(*spec.code, *code, places));
  return {{"v", 1},
          {"into", "/millrace/data"},
          {"parameters", spec.parameters},
          {"parametersFile", "/millrace/parameters.json"},
          {"sources", std::move(sources)}};
}

}  // namespace millrace::training_job
