// Chapter: a run has succeeded. Its version's number is reserved by creating the ModelVersion (D1); the run settles with the verdict of the
// gates.
#include <algorithm>

#include "shared/labels.h"
#include "training_job/children.h"
#include "training_job/draft.h"

namespace millrace::training_job {
namespace {

using shared::Situation;
namespace reason = shared::reason;

// A status that was rebuilt from the version of a TrainingJob that had this one's name: another uid, the same run.
const model_version::ModelVersion* inherited(const Draft& d) {
  const model_version::ModelVersion* v = find_version(d.seen.versions, d.status.model_version);
  if (v == nullptr || !v->spec.provenance || v->spec.version != d.status.run.version) return nullptr;
  return v->spec.provenance->training_job == d.job().meta.name && v->spec.provenance->run == d.status.run.number ? v : nullptr;
}

// Our cache may not know the object yet that the API server met.
bool is_taken(const Draft& d, const std::string& name) {
  if (find_version(d.seen.versions, name) != nullptr) return true;
  return std::any_of(d.seen.refusals.begin(), d.seen.refusals.end(), [&](const plan::Refusal& r) {
    return r.taken && r.name == name && r.kind && *r.kind == kube::resources::kModelVersion;
  });
}

void reserve(Draft& d) {
  RunStatus& run = d.run();
  const Pinned pinned = promised(d);
  while (run.version == 0 || is_taken(d, version_name(pinned.model, run.version)))
    run.version = next_version(pinned.model, d.seen.versions, std::max(d.status.highest_version, run.version));
  d.status.highest_version = std::max(d.status.highest_version, run.version);
  d.plan.children.push_back(version_child(d.job(), run, pinned));
  d.tell(Phase::Succeeded, Situation::GoingOn, reason::kNotRegistered,
         "run " + std::to_string(run.number) + " succeeded; " + version_name(pinned.model, run.version) + " is being registered");
}

struct Outcome {
  std::string_view reason{};
  std::string message{};
};

// nullopt: its gates are being judged.
std::optional<Outcome> outcome_of(const RunStatus& run, const model_version::ModelVersion& version) {
  const std::string made = "run " + std::to_string(run.number) + " made " + version.meta.name;
  const std::string& phase = version.status.phase;
  if (phase == "Ready") return Outcome{reason::kVersionReady, made + ", which is ready"};
  if (phase == "AwaitingApproval") return Outcome{reason::kAwaitingApproval, made + ", which waits for a person's approval"};
  if (phase == "Rejected") return Outcome{reason::kVersionRejected, made + ", which is rejected: " + version.status.message};
  if (phase == "Quarantined") return Outcome{reason::kVersionRejected, made + ", which is " + version.status.message};
  return std::nullopt;
}

void close(Draft& d, std::string_view why, std::string message) {
  RunStatus& run = d.run();
  run.state = "Done";
  run.reason = why;
  run.message = std::move(message);
  run.completion_time = d.seen.now;
  d.remember(why, run.message);
  rest(d);
}

}  // namespace

Pinned promised(const Draft& d) {
  std::optional<Pinned> out;
  for (const auto& job : d.seen.jobs) {
    const bool newest = job->meta.name == d.status.run.job;
    if (!newest && (out || number_label(job->meta, shared::kRunLabel) != d.status.run.number)) continue;
    if (auto pinned = read_pinned(job->meta)) out = std::move(pinned);
    if (newest && out) break;
  }
  if (!out) return pin(d.spec, d.status);
  out->data = d.status.data;  // the same sources, with what was read of them
  return std::move(*out);
}

void register_version(Draft& d) {
  RunStatus& run = d.run();
  const model_version::ModelVersion* mine = version_of_run(d.job(), run.number, d.seen.versions);
  if (mine == nullptr) mine = inherited(d);
  if (mine == nullptr) return reserve(d);
  const std::string& name = mine->meta.name;
  run.version = mine->spec.version;
  d.status.model_version = name;
  d.status.highest_version = std::max(d.status.highest_version, run.version);
  if (auto outcome = outcome_of(run, *mine)) return close(d, outcome->reason, std::move(outcome->message));
  d.tell(Phase::Succeeded, Situation::GoingOn, reason::kRegistered,
         "run " + std::to_string(run.number) + " made " + name + "; its gates are being judged");
}

void hear_approval(Draft& d) {
  RunStatus& run = d.run();
  if (run.reason != reason::kAwaitingApproval) return;
  const model_version::ModelVersion* version = find_version(d.seen.versions, d.status.model_version);
  auto outcome = version ? outcome_of(run, *version) : std::nullopt;
  if (!outcome || outcome->reason == reason::kAwaitingApproval) return;
  run.reason = outcome->reason;
  run.message = std::move(outcome->message);
  d.remember(run.reason, run.message);
}

}  // namespace millrace::training_job
