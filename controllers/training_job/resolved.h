// Judges a resolver Job: what the data is, or why nobody could tell.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shared/progress.h"
#include "training_job/api/training_job.h"

namespace millrace::training_job {

struct Resolution {
  enum class State { Going, Resolved, InputWrong, PlaceWrong };
  State state = State::Going;
  std::vector<DataStatus> data{};
  std::optional<CodeStatus> code{};
  std::string reason{}, message{};  // Wrong, or what hinders
  bool tells = false;               // its message speaks of all these sources
  bool unknown = false;             // as shared::Progress
  std::optional<core::Instant> wake{};
  std::optional<plan::Question> question{};
};

// What it tells about the sources of `of`.
Resolution judge_resolver(const kube::Job& job, const shared::Pods& pods, const TrainingJob& of, const std::vector<plan::Fact>& facts,
                          core::Instant now);

}  // namespace millrace::training_job
