// A wiped status comes back from what the operator's own objects carry (D21): labels millrace.dev/{run,attempt,resolve}, annotations
// input-hash, requested, asked and pinned on Jobs and ModelVersions. Nothing is trained again.
#pragma once

#include "training_job/plan.h"

namespace millrace::training_job {

// The stored status; when it is empty, the rebuilt one.
Status restored(const Observed& seen);

}  // namespace millrace::training_job
