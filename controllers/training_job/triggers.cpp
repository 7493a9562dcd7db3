#include "training_job/triggers.h"

#include <algorithm>

#include "kube/model/children.h"
#include "shared/labels.h"
#include "training_job/identity.h"
#include "training_job/pinned.h"

namespace millrace::training_job {
namespace {

constexpr std::size_t kTriggers = 100;

core::Instant after(core::Instant at, core::Duration span) { return at + std::chrono::ceil<std::chrono::seconds>(span); }

bool is_refused(const model_version::ModelVersion& v) {
  return v.status.phase == "Rejected" || v.status.phase == "Quarantined" || v.status.verdict == "Bad";
}

// Of what the spec asks for as it is now, newest first, up to one that was not refused.
std::int64_t refused_in_a_row(const TrainingJob& job, const Versions& versions) {
  Versions mine;
  const std::string asked = asked_hash(job.spec);
  for (const auto& v : versions) {
    const bool of_it = v->meta.label(shared::kTrainingJobLabel) == kube::label_value(job.meta.name);
    if (of_it && v->meta.annotation(kAskedAnnotation) == asked) mine.push_back(v);
  }
  std::sort(mine.begin(), mine.end(), [](const auto& a, const auto& b) { return a->spec.version > b->spec.version; });
  return std::find_if(mine.begin(), mine.end(), [](const auto& v) { return !is_refused(*v); }) - mine.begin();
}

bool is_of_a_trigger(const RunStatus& run) { return run.number > 0 && !run.trigger.empty() && run.trigger != "Spec"; }

}  // namespace

BudgetStatus budget_of(const Spec& spec, const Status& status, core::Instant now) {
  if (!spec.triggers.budget) return {};
  BudgetStatus out{.limit = spec.triggers.budget->runs};
  for (const TriggerStatus& t : status.triggers) {
    const core::Instant until = after(t.time, spec.triggers.budget->per);
    if (t.run == 0 || now >= until) continue;
    ++out.used;
    out.resets_at = out.resets_at ? std::min(*out.resets_at, until) : until;
  }
  return out;
}

Leave leave(const TrainingJob& job, const Status& status, const Versions& versions, core::Instant now) {
  const Triggers& limits = job.spec.triggers;
  const std::int64_t refused = refused_in_a_row(job, versions);
  if (limits.reject_limit > 0 && refused >= limits.reject_limit) {
    return {
        .reason = std::string(kRejectLimit),
        .message = "the newest " + std::to_string(refused) + " versions were refused (triggers.rejectLimit); change an input or spec.run"};
  }
  const BudgetStatus budget = budget_of(job.spec, status, now);
  if (budget.limit > 0 && budget.used >= budget.limit) {
    return {.reason = std::string(kBudgetExhausted),
            .message = std::to_string(budget.used) + " triggered runs in " + core::for_people(limits.budget->per) + " (triggers.budget)",
            .at = budget.resets_at};
  }
  const RunStatus& run = status.run;
  if (!is_of_a_trigger(run) || !run.completion_time) return {};
  const core::Instant until = after(*run.completion_time, limits.cooldown);
  if (now >= until) return {};
  return {.reason = std::string(kCooldown),
          .message = "the last triggered run ended less than " + core::for_people(limits.cooldown) + " ago (triggers.cooldown)",
          .at = until};
}

void note_trigger(Status& status, TriggerStatus entry) {
  auto& all = status.triggers;
  if (entry.run == 0 && !all.empty() && all.back().kind == entry.kind && all.back().reason == entry.reason && all.back().run == 0) return;
  all.push_back(std::move(entry));
  if (all.size() > kTriggers) all.erase(all.begin(), all.end() - kTriggers);
}

}  // namespace millrace::training_job
