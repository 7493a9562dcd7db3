// Watch: what is measured now, by the rules of the rollout as they were when it began: the canary at its step, then the new stable
// revision in its bake, against what the old one did before. Pure.
#pragma once

#include <optional>

#include "inference_service/analysis/analysis.h"
#include "inference_service/facts.h"

namespace millrace::inference_service {

// nullopt: nothing is measured now.
std::optional<Findings> findings_of(const Observed& seen, const Status& status);

// The canary's step gets requests, and rules say what they may not show.
bool is_judged(const Status& status);

}  // namespace millrace::inference_service
