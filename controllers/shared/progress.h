// Progress of a pod, or of a Job that has not ended: what hinders it, and when to look or ask again. Pods tell; where they are silent for
// 30 s, the newest event is asked for, at most once a minute (D33).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "kube/model/workloads.h"
#include "plan/plan.h"
#include "shared/blame.h"

namespace millrace::shared {

using Pods = std::vector<std::shared_ptr<const kube::Pod>>;

struct Progress {
  std::optional<Cause> hindrance{};
  bool unknown = false;  // silent, and the event was asked for but not answered: say what was said before
  std::optional<plan::Question> question{};
  std::optional<core::Instant> wake{};
  bool operator==(const Progress&) const = default;
};

Progress progress(const kube::Pod& pod, const std::vector<plan::Fact>& facts, core::Instant now);
Progress progress(const kube::Job& job, const Pods& pods, const std::vector<plan::Fact>& facts, core::Instant now);

// The answer to a question about the same thing; nullptr: none yet.
const plan::Fact* find_fact(const std::vector<plan::Fact>& facts, const decltype(plan::Question::what)& what);

// The pods that a Job controls.
Pods pods_of(const kube::Job& job, const Pods& all);

}  // namespace millrace::shared
