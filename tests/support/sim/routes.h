// An oracle of routes: requests go only where somebody answers. Thread contract: pure function.
#pragma once

#include <string>

#include "support/api_server/api_server.h"

namespace millrace::sim {

// A backend of an HTTPRoute with weight > 0 whose Service is missing, or has no ready pod; "": there is none. For Story::always.
std::string dead_backend(const ApiServer& server);

}  // namespace millrace::sim
