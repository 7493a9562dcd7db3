// The verify Job of a version that was made by hand: the fetcher reads the bytes in the user's namespace and compares digests.
#pragma once

#include <cstdint>
#include <string>

#include "model_version/observed.h"
#include "shared/settings.h"

namespace millrace::model_version {

std::string verify_job_name(const ModelVersion& version, std::int64_t number);
plan::Child verify_job(const ModelVersion& version, std::int64_t number, const shared::Settings& settings);

// The version itself, only ever annotated: its verdicts outside status.
plan::Child own_verdicts(const ModelVersion& version, const std::string& annotation);

}  // namespace millrace::model_version
