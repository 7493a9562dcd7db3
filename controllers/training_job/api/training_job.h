// TrainingJob: keep a model trained. A run is one pass over inputs pinned before any training pod exists.
#pragma once

#include <string>

#include "kube/model/meta.h"
#include "training_job/api/spec.h"
#include "training_job/api/status.h"

namespace millrace::training_job {

// api.md's phases, as far as this version enters them; clients treat an unknown one as "still working".
enum class Phase { Pending, ResolvingData, Running, Retrying, Succeeded, Failed, Suspended, Invalid };
std::string to_text(Phase phase);

struct TrainingJob {
  kube::ObjectMeta meta{};
  Spec spec{};
  Status status{};
  static constexpr const kube::Resource& kResource = kube::resources::kTrainingJob;
  static const json::Schema schema;
  bool operator==(const TrainingJob&) const = default;
};

}  // namespace millrace::training_job
