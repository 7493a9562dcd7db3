// The rules that the operator needs, from what its controllers watch and what the engine writes; the chart holds a generated copy.
#pragma once

#include "json/value.h"

namespace millrace::app {

// {"rules": […]} of a ClusterRole.
json::Value rbac_rules();

}  // namespace millrace::app
