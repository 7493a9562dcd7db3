// LookUp: an object that is not watched, asked for by name: what is known of it, and the question that keeps the answer. Pure.
#pragma once

#include <vector>

#include "core/time.h"
#include "plan/plan.h"

namespace millrace::shared {

struct LookUp {
  const plan::Fact* fact = nullptr;    // nullptr: no answer yet
  const plan::Found* found = nullptr;  // nullptr: no answer yet, or who was asked cannot be reached
  plan::Question question{};
  bool is_absent() const { return found != nullptr && !found->exists; }
};

// Asked first at `first`, and again so long after the answer for as long as the object is not there. The instant does not move with the
// pass: else each answer would ask again.
LookUp look_up(const std::vector<plan::Fact>& facts, const plan::ObjectByName& what, core::Instant first, core::Duration again);

}  // namespace millrace::shared
