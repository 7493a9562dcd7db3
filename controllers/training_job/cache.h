// The cache of results (D11): the ModelVersions themselves, by the hash of what they were trained on. Pure.
#pragma once

#include <optional>
#include <string>

#include "shared/conditions.h"
#include "training_job/api/training_job.h"
#include "training_job/numbering.h"

namespace millrace::training_job {

// Why the same inputs may give another model: MutableTag (an image without digest), WeakData; nullopt: they are reproducible.
std::optional<shared::Saying> irreproducible(const Spec& spec, const std::vector<DataStatus>& data);

// The newest version of the model that was trained on these inputs and is Ready, else the newest that was rejected or quarantined;
// nullptr: none that is younger than cache.expireAfter, or the cache is not for this spec.
const model_version::ModelVersion* find_cached(const Spec& spec, const std::vector<DataStatus>& data, const std::string& input_hash,
                                               const Versions& versions, core::Instant now);

// An image that ran under one reference and has become another meanwhile: a sentence; empty: none. Ids without a digest of the registry
// cannot be compared.
std::string moved_image(const json::StringMap& before, const json::StringMap& now);

}  // namespace millrace::training_job
