// The end of each plan: what the chapters told becomes phase, conditions and result; refused writes go before; old Jobs go.
#include <algorithm>

#include "shared/labels.h"
#include "training_job/attempts.h"
#include "training_job/batch.h"
#include "training_job/cache.h"
#include "training_job/children.h"
#include "training_job/draft.h"
#include "training_job/keeping.h"
#include "training_job/triggers.h"

namespace millrace::training_job {
namespace {

using shared::Saying;
using shared::Situation;
namespace reason = shared::reason;

// Only refusals of what is wanted now count; nothing waits for a record in MLflow.
std::vector<plan::Refusal> refusals_of(Draft& d) {
  std::vector<plan::Refusal> out;
  const std::string record = record_name(d.job(), d.status.run.number);
  for (const plan::Refusal& r : d.seen.refusals) {
    if (r.name == record) {
      d.wake_at(shared::retry_at({r}));
      continue;
    }
    const bool wanted = std::any_of(d.plan.children.begin(), d.plan.children.end(),
                                    [&](const plan::Child& c) { return c.kind && r.kind && *c.kind == *r.kind && c.name == r.name; });
    if (wanted) out.push_back(r);
  }
  return out;
}

void tell_refusals(Draft& d) {
  const auto refusals = refusals_of(d);
  const auto trouble = shared::trouble(refusals);
  if (!trouble) return;
  d.tell(trouble->situation == Situation::Invalid ? Phase::Invalid : d.phase, trouble->situation, trouble->saying.reason,
         trouble->saying.message);
  d.wake_at(shared::retry_at(refusals));
}

bool is_superfluous(const Draft& d, const kube::Job& job, const std::set<std::string>& kept) {
  const RunStatus& run = d.status.run;
  if (number_label(job.meta, shared::kResolveLabel) > 0) {
    // One that has ended is kept until all whom it serves have read it: its time to live ends it.
    const bool serves = job.meta.name == d.status.resolve.job || job.meta.name == d.status.poll.job;
    return !serves && !ended_at(job) && covers_of(job.meta).size() <= 1;
  }
  if (number_label(job.meta, shared::kRecoverLabel) > 0) return run.state != "Recovering" || job.meta.name != run.recover.job;
  const auto number = number_label(job.meta, shared::kRunLabel);
  if (number == 0 || number > run.number) return false;
  if (is_prepare_job(job.meta) && kube::is_true(job.status.conditions, "Complete")) return number < run.number;
  if (ended_at(job)) return job.meta.name != run.job && !kept.contains(job.meta.name);
  if (number < run.number) return true;
  return number_label(job.meta, shared::kAttemptLabel) < run.attempt || !is_open(run) || run.state == "Waiting" ||
         run.state == "Resolving" || run.state == "Suspending";
}

void delete_superfluous(Draft& d) {
  const std::set<std::string> kept = kept_jobs(d.seen);
  for (const auto& job : d.seen.jobs) {
    if (job->meta.deleting() || !is_superfluous(d, *job, kept)) continue;
    d.plan.deletes.push_back(
        {.kind = &kube::resources::kJob, .name = job->meta.name, .uid = job->meta.uid, .resource_version = job->meta.resource_version});
  }
}

void delete_old_versions(Draft& d) {
  for (const auto& v : old_versions(d.seen, d.status)) {
    d.plan.deletes.push_back(
        {.kind = &kube::resources::kModelVersion, .name = v->meta.name, .uid = v->meta.uid, .resource_version = v->meta.resource_version});
  }
}

std::string result_of(const Draft& d) {
  if (d.situation == Situation::Invalid) return "Invalid";
  if (d.situation == Situation::Suspended) return "Suspended";
  if (is_cached(d) && d.saying.reason == d.status.cache.result) return d.status.cache.result;
  if (d.situation == Situation::Done) return d.saying.reason == reason::kAwaitingApproval ? "AwaitingApproval" : "VersionReady";
  return d.status.run.state == "Done" && d.saying.reason == reason::kVersionRejected ? "VersionRejected" : "Failed";
}

void settle(Draft& d, bool settled) {
  Status& s = d.status;
  s.result = settled ? result_of(d) : "";
  if (!settled) return;
  // A verdict about data or spec is about no run, and only one about a version names it: CI goes on to wait for that.
  const bool of_version = s.result == "VersionReady" || s.result == "VersionRejected" || s.result == "AwaitingApproval";
  const bool of_cache = s.result == s.cache.result && is_cached(d);
  Settled now{.generation = d.job().meta.generation,
              .run = s.run.asked == d.asked && !of_cache ? s.run.number : 0,
              .version = of_cache     ? s.cache.version
                         : of_version ? s.model_version
                                      : "",
              .result = s.result,
              .at = s.settled.at};
  if (!now.at || !(now == s.settled)) now.at = d.seen.now;
  s.settled = now;
}

Saying data_saying(const Draft& d) {
  const ResolveStatus& r = d.status.resolve;
  if (r.asked == d.asked && (r.outcome == "Failed" || r.outcome == "Retry"))
    return {std::string(reason::kResolveFailed), r.reason + ": " + r.message};
  if (const ResolveStatus& p = d.status.poll; p.failures > 0)
    return {std::string(reason::kResolveFailed), "the newest look failed: " + p.reason + ": " + p.message};
  if (is_cached(d) || (d.status.run.asked == d.asked && d.status.run.state != "Resolving")) {
    return {std::string(reason::kResolved),
            std::to_string(d.status.data.size()) + (d.status.data.size() == 1 ? " source is pinned" : " sources are pinned")};
  }
  return {std::string(d.phase == Phase::ResolvingData ? reason::kResolvingData : reason::kPending), d.saying.message};
}

void set_own(const Draft& d, shared::Conditions& out) {
  const RunStatus& run = d.status.run;
  const Saying data = data_saying(d);
  out.set("DataReady", data.reason == reason::kResolved, data);
  const bool runs = d.phase == Phase::Running;
  out.set("Running", runs, {std::string(runs ? reason::kRunning : reason::kNotRunning), runs ? d.saying.message : "no attempt is running"});
  const bool succeeded = run.state == "Done" || run.state == "Registering";
  if (succeeded) {
    out.set("Succeeded", true, {std::string(reason::kSucceeded), "run " + std::to_string(run.number) + " succeeded"});
  } else if (run.state == "Failed") {
    out.set("Succeeded", false, {run.reason, run.message});
  } else {
    out.unknown("Succeeded", {std::string(reason::kPending), "no run has ended since inputs changed"});
  }
  const bool named = run.version > 0 && d.status.model_version.ends_with("-v" + std::to_string(run.version));
  const bool cached = is_cached(d) && d.status.cache.result == reason::kCacheHit;
  const bool registered = cached || (succeeded && named && d.saying.reason != reason::kNotRegistered);
  out.set("Registered", registered,
          {std::string(registered ? reason::kRegistered : reason::kNotRegistered),
           registered ? "ModelVersion " + d.status.model_version : "the newest run has no ModelVersion"});
  const auto weak = irreproducible(d.spec, d.status.data);
  out.set("Reproducible", !weak,
          weak.value_or(
              Saying{std::string(reason::kReproducible), "its images have digests, and the identity of its data is made of the bytes"}));
}

// An edit that asks for nothing new settles at once with the verdict that was there before it (D6).
bool is_unchanged(const Draft& d) {
  const Status& before = d.job().status;
  if (before.settled.run == 0 || before.settled.run != d.status.settled.run || before.settled.result != d.status.settled.result)
    return false;
  const kube::Condition* said = kube::find(before.conditions, "Settled");
  const bool again = said && said->reason == reason::kUnchanged && said->observed_generation == d.job().meta.generation;
  return again || before.settled.generation < d.job().meta.generation;
}

// What decides the words is being looked up: the stored status stands, unless there is none.
bool stands(const Draft& d) {
  const Status& before = d.job().status;
  return d.hold && !before.conditions.empty() && d.plan.children.empty() && before.run == d.status.run &&
         before.resolve == d.status.resolve;
}

// Progress is of an attempt that goes.
void forget_progress(RunStatus& run) {
  if (run.state == "Training") return;
  run.progress = {};
  run.eta.reset();
}

std::string accepted_message(const Draft& d) {
  const std::string valid = "the spec is valid and the claims that it names exist";
  if (d.spec.deadlines.stall.count() == 0 || d.settings.reports) return valid;
  return valid + "; deadlines.stall is not watched: the operator runs without --reports";
}

}  // namespace

plan::Plan<Status> finish(Draft& d) {
  tell_refusals(d);
  delete_superfluous(d);
  delete_old_versions(d);
  forget_progress(d.run());
  if (stands(d)) {
    d.plan.status = d.job().status;
    return std::move(d.plan);
  }
  const bool was_ready = kube::is_true(d.job().status.conditions, "Ready");
  const shared::Summary summary = shared::summary(d.situation, d.situation == Situation::Suspended && was_ready);
  Status& s = d.status;
  s.observed_generation = d.job().meta.generation;
  s.phase = to_text(d.phase);
  s.message = d.saying.message;
  settle(d, summary.settled);
  s.budget = budget_of(d.spec, s, d.seen.now);
  d.wake_at(s.budget.resets_at);
  shared::Conditions conditions(d.job().status.conditions, s.observed_generation, d.seen.now);
  conditions.set("Accepted", !d.not_accepted, d.not_accepted.value_or(Saying{std::string(reason::kValid), accepted_message(d)}));
  conditions.set(summary, d.saying);
  if (!summary.settled && is_triggered(s.run) && is_open(s.run)) conditions.set("Settled", false, {s.run.trigger, d.saying.message});
  if (summary.settled && is_unchanged(d)) conditions.set("Settled", true, {std::string(reason::kUnchanged), d.saying.message});
  set_own(d, conditions);
  s.conditions = conditions.take();
  d.plan.status = s;
  return std::move(d.plan);
}

}  // namespace millrace::training_job
