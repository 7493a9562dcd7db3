// Capacity: how many pods the canary and the stable revision should have now (D15, D17). Pure.
#pragma once

#include "inference_service/facts.h"

namespace millrace::inference_service {

struct Counts {
  std::int64_t goal = 0;    // pods of the canary that its step needs
  std::int64_t canary = 0;  // pods that it may have now; less than the goal while the stable revision has to make room
  std::int64_t stable = 0;
  bool operator==(const Counts&) const = default;
};

Counts counts_for(const Spec& spec, const Status& status, const Facts& facts);

// Pods of the old revision that stay warm after a promotion.
std::int64_t warm_count(const Spec& spec, std::int64_t count);

}  // namespace millrace::inference_service
