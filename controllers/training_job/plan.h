// The planner of TrainingJobs: a pure function. Flow: Pending → ResolvingData → Running (→ Retrying → Running) → Succeeded | Failed.
#pragma once

#include <memory>
#include <vector>

#include "plan/plan.h"
#include "shared/progress.h"
#include "shared/settings.h"
#include "training_job/api/training_job.h"
#include "training_job/batch.h"
#include "training_job/numbering.h"

namespace millrace::training_job {

struct Observed {
  TrainingJob job{};
  core::Instant now{};
  Jobs jobs{};                       // controlled by the TrainingJob
  shared::Pods pods{};               // of these Jobs and resolvers
  Jobs resolvers{};                  // while it looks at data: those of its namespace and service account that TrainingJobs share
  Peers peers{};                     // while it looks at data: the TrainingJobs of the namespace
  std::int64_t resolvers_going = 0;  // of all namespaces, while it looks at data
  Versions versions{};               // of the namespace: numbers are per model, and the model may change
  std::vector<plan::Refusal> refusals{};
  std::vector<plan::Fact> facts{};
  plan::Heard heard{};  // the newest report of progress
};

plan::Plan<Status> plan(const Observed& seen, const shared::Settings& settings);

}  // namespace millrace::training_job
