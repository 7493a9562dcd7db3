// Route: where the entry's selector should point (D16, D30). One revision, or everybody while exactly two revisions have pods.
// Nobody is pointed at who has no available pod, as long as anybody else has one. Pure.
#pragma once

#include "inference_service/facts.h"

namespace millrace::inference_service {

Pointer wanted_pointer(const Status& status, const Facts& facts);

// The entry points there, and its endpoints are that revision's pods alone.
bool converged_on(const Facts& facts, std::string_view revision);

}  // namespace millrace::inference_service
