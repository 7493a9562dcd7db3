// Whether a trigger may begin a run now (D22). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "training_job/api/training_job.h"
#include "training_job/numbering.h"

namespace millrace::training_job {

// Reasons of status.triggers[] alone, beside those of runs.
inline constexpr std::string_view kCooldown = "Cooldown", kBudgetExhausted = "BudgetExhausted", kRejectLimit = "RejectLimit";

struct Leave {
  std::string reason{}, message{};    // why not: RejectLimit, BudgetExhausted, Cooldown; empty: it may
  std::optional<core::Instant> at{};  // when it may; nullopt: not by itself
  bool given() const { return reason.empty(); }
};
Leave leave(const TrainingJob& job, const Status& status, const Versions& versions, core::Instant now);

// Of triggers.budget; limit 0: there is none.
BudgetStatus budget_of(const Spec& spec, const Status& status, core::Instant now);

// Appends unless the newest entry says the same of the same kind.
void note_trigger(Status& status, TriggerStatus entry);

}  // namespace millrace::training_job
