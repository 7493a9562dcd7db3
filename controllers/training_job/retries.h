// What another attempt is worth, by the cause of the failure (D20). Pure.
#pragma once

#include <string>

#include "shared/blame.h"
#include "training_job/api/training_job.h"

namespace millrace::training_job {

// False: another attempt would train for hours and end the same: an input that is refused (the fetcher's exit code 10), a result that
// breaks the contract (BadMetrics, NoModel, TooLarge, BadTree, StoreConflict), a command that is not in the image (126, 127).
bool is_curable(const shared::Cause& cause);

// Memory of train for the attempt after one that had `memory` (empty: what the spec says) and ran out of it; empty: it stays.
std::string grown_memory(const Spec& spec, const std::string& memory);

// Resources of train, with `memory` instead of what was too little; request and limit keep their ratio.
shared::Resources train_resources(const Spec& spec, const std::string& memory);

}  // namespace millrace::training_job
