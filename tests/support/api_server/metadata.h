// What every kind's metadata has to be: names, labels, owners. Source: k8s.io/apimachinery pkg/api/validation.
#pragma once

#include <vector>

#include "support/api_server/errors.h"

namespace millrace::sim {

std::vector<Cause> broken_metadata(const KindRules& kind, const json::Value& object);

}  // namespace millrace::sim
