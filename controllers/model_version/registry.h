// Registry: where a version stands with the registry outside that its spec names. Serving never waits for it; an outage is tried again
// without end. Derived from the register Jobs and from what was registered before. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model_version/gates.h"
#include "model_version/observed.h"
#include "shared/settings.h"

namespace millrace::model_version {

struct Registration {
  enum class State {
    NotAsked,  // the spec names no registry
    Held,      // the version is not ready
    Running,   // a Job is to be made, or works
    Waiting,   // another version's turn, or tried again at `retry_at`
    Synced
  };
  State state = State::NotAsked;
  std::string reason{}, message{};
  std::int64_t job = 0;  // Running: the number of the Job to have
  std::optional<RegistryStatus> told{};
  std::optional<core::Instant> retry_at{};
  std::optional<core::Instant> look_again{};
  std::vector<plan::Question> questions{};
  bool operator==(const Registration&) const = default;
};

Registration registration_of(const Observed& seen, bool is_ready);

// `numbers`: what MLflow is told of the metrics.
plan::Child register_job(const ModelVersion& version, std::int64_t number, const Numbers& numbers, const shared::Settings& settings);

// Tries before the newest.
std::vector<plan::Deletion> old_register_jobs(const Observed& seen);

}  // namespace millrace::model_version
