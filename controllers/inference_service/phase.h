// Phase: where the service is, derived from what was seen and decided; never from the phase before (D4). Pure.
#pragma once

#include <optional>

#include "inference_service/choose.h"
#include "inference_service/facts.h"
#include "inference_service/watch.h"
#include "shared/conditions.h"

namespace millrace::inference_service {

// What a pass knows when it comes to telling.
struct Scene {
  const Observed& seen;
  const Facts& facts;
  const Choice& choice;
  const Status& status;                      // as advanced
  std::optional<shared::Trouble> trouble{};  // a refused write
  std::string invalid{};                     // what the spec breaks; empty: nothing
  std::optional<Findings> found{};           // what is measured now
};

// The refused revision that the spec asks for and does not get; nullptr: none.
const RefusedStatus* refused_wish(const Scene& scene);
bool is_asked(const Scene& scene);      // this generation asks for what goes on
bool is_available(const Scene& scene);  // somebody answers predictions
bool has_next(const Scene& scene);      // the target waits for its turn: what leaves must be gone first

Phase phase_of(const Scene& scene);
shared::Situation situation_of(const Scene& scene);

}  // namespace millrace::inference_service
