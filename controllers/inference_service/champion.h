// Champion: a version's gates hold against one champion only (D24); before its first step a service compares that with its own. Pure.
#pragma once

#include <optional>
#include <string>

#include "inference_service/observed.h"

namespace millrace::inference_service {

// Why the version cannot begin yet: its gates have not been judged against who is in place here. nullopt: it may.
std::optional<std::string> not_compared_yet(const Observed& seen, const Status& status, const model_version::ModelVersion& version);

}  // namespace millrace::inference_service
