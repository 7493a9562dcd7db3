// What a plain YAML scalar means. Only for the .cpp files of this room.
#pragma once

#include <string>

#include "json/value.h"

namespace millrace::json {

// As sigs.k8s.io/yaml 1.6 resolves it (YAML 1.1: yes, on, 010 and 1_000 have types); kubectl sends the same JSON. Numbers without a
// fraction are integers. Infinities and NaN stay text, which no number field accepts.
Value plain_scalar(const std::string& s);

}  // namespace millrace::json
