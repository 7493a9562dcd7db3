// Children: what a status wants to exist. The entry Service (traffic); per revision a ControllerRevision, and from it a Deployment and a
// PodDisruptionBudget; deletes of what nobody needs. Pure.
#pragma once

#include <vector>

#include "inference_service/choose.h"
#include "inference_service/facts.h"
#include "plan/plan.h"

namespace millrace::inference_service {

// `memory`: of people's words (memory.h); "": none.
plan::Child entry_service(const InferenceService& service, const std::string& name, const Pointer& pointer, const std::string& memory);

std::vector<plan::Child> children_of(const Observed& seen, const Facts& facts, const Choice& choice, const Status& status);

std::vector<plan::Deletion> deletes_of(const Observed& seen, const Facts& facts, const Status& status);

}  // namespace millrace::inference_service
