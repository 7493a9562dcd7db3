// What a run is of. Algorithm 1 ("h1:"): sha256 over canonical JSON of data identities, code commit, image reference as written, command,
// args and env of each step, parameters, framework, workers, output.format (D11). Not in it: resources, retry, deadlines, gates, placement.
#pragma once

#include <string>

#include "training_job/api/training_job.h"

namespace millrace::training_job {

std::string input_hash(const Spec& spec, const Status& pinned);  // of its data and code

// What the spec asks for before the data is resolved: the same without identities, with where data lies, by which Secret, with the model
// that the run extends and with spec.run. While it stays, nothing is resolved and nothing runs again.
std::string asked_hash(const Spec& spec);

}  // namespace millrace::training_job
