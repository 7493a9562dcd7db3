// Pods that look and train nothing: for data, and for a result that nobody was told.
#include "shared/places.h"
#include "shared/pods.h"
#include "training_job/children.h"
#include "training_job/parts.h"
#include "training_job/sources.h"

namespace millrace::training_job {
namespace {

using json::Array;
using json::Object;

// Where a program in a pod finds the store: a folder of a claim, or the URI of a bucket.
std::string store_folder(const std::string& uri, shared::Places& places) {
  constexpr std::string_view kClaim = "pvc://";
  if (!uri.starts_with(kClaim)) return uri;
  const std::string rest = uri.substr(kClaim.size());
  const auto slash = rest.find('/');
  return shared::below(places.claim(rest.substr(0, slash)), slash == std::string::npos ? "" : rest.substr(slash + 1));
}

}  // namespace

json::Object resolver_pod(const TrainingJob& job, const Peers& covered, const shared::Settings& settings) {
  shared::Places places("source");
  Array sources;
  for (const auto& one : covered) sources = joined(std::move(sources), resolve_sources(*one, places));
  const Object task{{"v", 1}, {"sources", std::move(sources)}};
  Object pod = user_pod(job.spec);
  pod["containers"] = Array{shared::our_container(settings, "resolve", {"/usr/local/bin/millrace-fetcher", "resolve"}, task,
                                                  joined(Array{shared::mount(shared::kVolume, shared::kMount)}, places.mounts()))};
  pod["volumes"] = joined(Array{shared::empty_dir(shared::kVolume)}, places.volumes());
  return pod;
}

json::Object recover_pod(const TrainingJob& job, const RunStatus& run, const Pinned& pinned, const shared::Settings& settings) {
  shared::Places places("store");
  Object task{{"v", 1},
              {"store", store_folder(pinned.store, places)},
              {"name", pinned.model},
              {"run", run_id(job, run.number)},
              {"attempt", run.attempt},
              {"report", pinned.report}};
  if (!pinned.secret_name.empty()) task["secret"] = places.secret(pinned.secret_name);
  Object pod = shared::pod_spec("Never");
  pod["containers"] = Array{shared::our_container(settings, "recover", {"/usr/local/bin/millrace-fetcher", "recover"}, task,
                                                  joined(Array{shared::mount(shared::kVolume, shared::kMount)}, places.mounts()))};
  pod["volumes"] = joined(Array{shared::empty_dir(shared::kVolume)}, places.volumes());
  return pod;
}

}  // namespace millrace::training_job
