// Evaluation: a Job that measures the version, and the champion beside it, on the same pinned data. Derived from the Jobs and from what
// was measured before; once per champion (D24). Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model_version/gates.h"
#include "model_version/memory.h"
#include "model_version/observed.h"

namespace millrace::model_version {

struct Evaluating {
  enum class State {
    Done,     // all that the gates compare with is measured
    Running,  // a Job is to be made, or works
    Waiting,  // a cause of the place: tried again at `retry_at`
    Refused   // the version could not be evaluated, by its own doing
  };
  State state = State::Done;
  std::string reason{}, message{};
  std::int64_t job = 0;                 // Running: the number of the Job to have
  std::optional<Rival> champion{};      // whom that Job measures too
  std::vector<Measurement> measured{};  // with what the Job has told by now
  std::optional<core::Instant> retry_at{};
  std::optional<core::Instant> look_again{};
  std::vector<plan::Question> questions{};
  bool operator==(const Evaluating&) const = default;
};

// `services`: with their verdicts.
Evaluating evaluation_of(const Observed& seen, const std::vector<ServiceFact>& services, const Judged& before);

// What the gates count after it: the version's newest numbers, and the services' champions with theirs.
Numbers numbers_of(const Spec& spec, const std::vector<Measurement>& measured);
std::vector<ServiceFact> with_measured(std::vector<ServiceFact> services, const std::vector<Measurement>& measured);

}  // namespace millrace::model_version
