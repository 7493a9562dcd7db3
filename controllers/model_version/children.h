// Jobs of a version: verify (made by hand: the fetcher reads the bytes in the user's namespace and compares digests), evaluate, register
// and, at its end, delete.
#pragma once

#include <cstdint>
#include <string>

#include "model_version/observed.h"
#include "shared/settings.h"

namespace millrace::model_version {

std::string verify_job_name(const ModelVersion& version, std::int64_t number);
plan::Child verify_job(const ModelVersion& version, std::int64_t number, const shared::Settings& settings);

// The Job that measures the version, and the champion beside it; which one stands in an annotation.
inline constexpr std::string_view kChampionAnnotation = "millrace.dev/champion";  // digest; empty: none
plan::Child evaluate_job(const ModelVersion& version, std::int64_t number, const std::optional<Rival>& champion,
                         const shared::Settings& settings);

std::string register_job_name(const ModelVersion& version, std::int64_t number);
inline constexpr std::string_view kRegistrar = "registrar";  // component of the Jobs that make versions known to a registry

std::string delete_job_name(const ModelVersion& version, std::int64_t number);
plan::Child delete_job(const ModelVersion& version, std::int64_t number, const shared::Settings& settings);

// The version itself, only ever annotated: what status would lose.
plan::Child own_annotations(const ModelVersion& version, json::StringMap annotations);

}  // namespace millrace::model_version
