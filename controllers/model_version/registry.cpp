#include "model_version/registry.h"

#include <algorithm>

#include "json/value.h"
#include "model_version/children.h"
#include "shared/conditions.h"
#include "shared/labels.h"
#include "shared/tries.h"

namespace millrace::model_version {
namespace {

using State = Registration::State;
namespace reason = shared::reason;

std::int64_t number_of(const kube::Job& job) { return shared::number_label(job.meta, shared::kRegisterLabel); }

// What `register` told; nullopt: nothing, or nothing that can be read.
std::optional<RegistryStatus> told(const shared::Pods& pods) {
  for (const auto& pod : pods) {
    for (const kube::ContainerStatus& c : pod->status.containers) {
      if (!c.state.terminated || c.state.terminated->exit_code != 0) continue;
      const auto message = json::parse(c.state.terminated->message);
      if (!message || message->text_at({"version"}).empty()) continue;
      RegistryStatus out{.mlflow_run_id = message->text_at({"mlflowRunId"}), .version = message->text_at({"version"})};
      const json::Value* aliases = message->at({"aliases"});
      for (const json::Value& a : aliases && aliases->array() ? *aliases->array() : json::Array{}) {
        if (a.text() && out.aliases.size() < 16) out.aliases.push_back(*a.text());
      }
      return out;
    }
  }
  return std::nullopt;
}

Registration synced(const Spec& spec, RegistryStatus status) {
  return {.state = State::Synced,
          .reason = std::string(reason::kRegistered),
          .message = "version " + status.version + " of " + registered_model(spec) + " at " + spec.registry->mlflow.uri,
          .told = std::move(status)};
}

Registration wants(const Observed& seen, std::int64_t job) {
  if (!seen.registering.empty()) {
    return {.state = State::Waiting,
            .reason = std::string(reason::kRegistryBusy),
            .message = "waits for Job " + seen.registering + ": one registration at a time in a namespace"};
  }
  return {.state = State::Running, .reason = std::string(reason::kRegistering), .message = "it is being registered", .job = job};
}

Registration again_later(const Observed& seen, const kube::Job& job, const shared::Pods& pods) {
  const auto cause = shared::blame(pods, seen.now);
  const core::Instant at = shared::next_try(job, shared::kRegisterLabel, seen.now);
  if (at <= seen.now) return wants(seen, number_of(job) + 1);
  return {.state = State::Waiting,
          .reason = cause ? cause->reason : std::string(reason::kRegistrationFailed),
          .message =
              (cause ? cause->message : std::string("the registration ended without a word")) + "; tried again at " + core::to_rfc3339(at),
          .retry_at = at};
}

Registration working(const Observed& seen, const kube::Job& job, const shared::Pods& pods) {
  Registration out{
      .state = State::Running, .reason = std::string(reason::kRegistering), .message = "it is being registered", .job = number_of(job)};
  shared::Progress going = shared::progress(job, pods, seen.facts, seen.now);
  if (going.hindrance) out.reason = going.hindrance->reason, out.message = going.hindrance->message;
  if (going.question) out.questions = {std::move(*going.question)};
  out.look_again = going.wake;
  return out;
}

Registration next_step(const Observed& seen) {
  const kube::Job* job = shared::newest(seen.jobs, shared::kRegisterLabel);
  if (job == nullptr) return wants(seen, 1);
  const auto pods = shared::pods_of(*job, seen.pods);
  if (auto status = told(pods)) return synced(seen.version.spec, std::move(*status));
  const bool over = kube::is_true(job->status.conditions, "Failed") || kube::is_true(job->status.conditions, "Complete");
  return over ? again_later(seen, *job, pods) : working(seen, *job, pods);
}

}  // namespace

Registration registration_of(const Observed& seen, bool is_ready) {
  if (!seen.version.spec.registry) return {.reason = std::string(reason::kNoRegistry), .message = "spec.registry names none"};
  if (seen.version.status.registry) return synced(seen.version.spec, *seen.version.status.registry);
  if (!is_ready) return {.state = State::Held, .reason = std::string(reason::kPending), .message = "the version is not ready"};
  Registration out = next_step(seen);
  for (const plan::Refusal& r : seen.refusals) {
    if (out.job == 0 || !r.kind || *r.kind != kube::resources::kJob || r.name != register_job_name(seen.version, out.job)) continue;
    shared::Saying saying = shared::trouble_of(r).saying;
    out.reason = std::move(saying.reason);
    out.message = std::move(saying.message);
  }
  return out;
}

std::vector<plan::Deletion> old_register_jobs(const Observed& seen) {
  std::vector<plan::Deletion> out;
  const kube::Job* last = shared::newest(seen.jobs, shared::kRegisterLabel);
  for (const kube::Job& job : seen.jobs) {
    if (last == nullptr || number_of(job) == 0 || number_of(job) == number_of(*last) || job.meta.deleting()) continue;
    out.push_back(
        {.kind = &kube::resources::kJob, .name = job.meta.name, .uid = job.meta.uid, .resource_version = job.meta.resource_version});
  }
  return out;
}

}  // namespace millrace::model_version
