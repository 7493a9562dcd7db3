// Verification: where a version stands with its bytes. Derived from the verify Jobs and what was verified before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model_version/observed.h"

namespace millrace::model_version {

struct Verification {
  enum class State {
    Published,  // made by a run: the digest was computed from the bytes that were published
    Verified,   // bytes and digest agree
    NoClaim,    // the claim is not there
    Running,    // a Job is to be made, or works
    Waiting,    // a cause of the place: tried again at `retry_at`
    Refused     // the bytes are others, or not there
  };
  State state = State::Running;
  std::string reason{}, message{};
  std::int64_t job = 0;  // Running: the number of the Job to have
  std::optional<core::Instant> retry_at{};
  std::optional<core::Instant> look_again{};  // Running: when time alone shows something else of the Job
  std::vector<plan::Question> questions{};    // what must be asked to know it: the claim, the newest event of a silent pod or Job
  bool operator==(const Verification&) const = default;
};

Verification verification_of(const Observed& seen);

}  // namespace millrace::model_version
