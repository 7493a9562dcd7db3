// Describe: conditions, sentences and the texts of `kubectl get`, from the advanced status and what was seen. Pure.
#pragma once

#include "inference_service/phase.h"

namespace millrace::inference_service {

// `status` completed: phase, message, result, settled, conditions, decision, counts and texts.
Status described(const Scene& scene);

}  // namespace millrace::inference_service
