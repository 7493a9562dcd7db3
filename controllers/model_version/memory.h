// Memory: what was judged when the world was another, kept in status and, beside it, in an annotation of the version's own (D21, D24).
#pragma once

#include <string>
#include <vector>

#include "model_version/api/model_version.h"

namespace millrace::model_version {

inline constexpr std::size_t kMostMeasurements = 8, kMostMeasured = 32;

struct Judged {
  std::vector<GateVerdict> gates{};
  std::vector<Measurement> measured{};
  static const json::Schema schema;
  bool operator==(const Judged&) const = default;
};

// From status; where that is empty, from the annotation. Nonsense in the annotation is nothing judged.
Judged judged_before(const ModelVersion& version);

// The annotation as it should be; "": everything follows from the spec alone.
std::string judged_annotation(const Spec& spec, const Judged& judged);

}  // namespace millrace::model_version
