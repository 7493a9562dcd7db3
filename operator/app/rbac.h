// The rules that the operator needs, from what its controllers watch and what the engine writes; the chart holds a generated copy.
#pragma once

#include "json/value.h"

namespace millrace::app {

// {"rules": […]} of a ClusterRole.
json::Value rbac_rules();

// {"cluster": […], "own": […]}: what --reports needs besides, of a ClusterRole and of a Role in the operator's own namespace. Names are
// those of a release called millrace.
json::Value reports_rules();

}  // namespace millrace::app
