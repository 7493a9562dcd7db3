// Conditions of a status that is known as JSON alone: its object does not decode, or its type is not known. Pure.
#pragma once

#include "json/value.h"
#include "kube/model/condition.h"

namespace millrace::kube {

Conditions conditions_of(const json::Value& status);  // what is no condition is left out
json::Array to_json(const Conditions& all);

}  // namespace millrace::kube
