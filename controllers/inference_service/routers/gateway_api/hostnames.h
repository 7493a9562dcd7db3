// Hostnames: of two services of a namespace that claim the same host name and match on the same Gateway, the older has it (D29). Pure.
#pragma once

#include <string>

#include "inference_service/observed.h"

namespace millrace::inference_service {

inline constexpr std::string_view kHostnameTaken = "HostnameTaken";

bool claims_hostnames(const Spec& spec);

// Who has what this service claims too, as a sentence; "": nobody.
std::string taken_hostname(const Observed& seen);

}  // namespace millrace::inference_service
