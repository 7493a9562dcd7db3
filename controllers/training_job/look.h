// A look at a TrainingJob's sources, by a resolver Job of its own or one that it shares.
#pragma once

#include "training_job/draft.h"
#include "training_job/resolved.h"

namespace millrace::training_job {

// Goes on with the open look `s` (status.resolve or status.poll): finds or makes its resolver, reads its answer.
Resolution look(Draft& d, ResolveStatus& s);

// A resolver Job that has begun after `not_before` looks at these sources, or has told of them.
const kube::Job* resolver_of(const Draft& d, core::Instant not_before);

}  // namespace millrace::training_job
