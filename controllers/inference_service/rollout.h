// The rollout machine: from the status as written and the facts as seen to the next status. Pure; one pass takes as many steps as the facts
// allow, each of them a decision that status holds before anything follows from it.
//   begin: a target that is not stable becomes the canary (its first deploy skips steps) → its pods become available → the entry widens →
//   pauses end → its count is stable's → the entry points at it alone, observed → promoted → bake, old revision warm → drained → gone.
// Leaving: out of the entry, observed → drain → smaller by a quarter per 30 s (a failed canary: at once) → deleted.
// Back: the version's own failure retires the canary, or during the bake the new stable, and refuses it; the place's failure waits (D17).
#pragma once

#include "inference_service/choose.h"
#include "inference_service/facts.h"

namespace millrace::inference_service {

// One round. What it decides may ask for another choice (a version just refused): rounds go on until nothing changes.
Status advance(const Observed& seen, const Facts& facts, const Choice& choice, Status status);

// The next instant at which time alone moves the machine.
std::optional<core::Instant> next_instant(const Observed& seen, const Status& status);

}  // namespace millrace::inference_service
