// Decision: what everybody waits for now, what was measured and what is allowed, when the wait ends by itself, and what would end it. Pure.
#pragma once

#include "inference_service/phase.h"

namespace millrace::inference_service {

Decision decision_of(const Scene& scene);

std::string step_text(const CanaryStatus& canary);  // "2/3"

}  // namespace millrace::inference_service
