#pragma once

#include "step/options.h"
#include "step/signals.h"

#include <string_view>

namespace millrace::step {

/// What a follower found.
struct Turn {
  enum class Kind { GoOn, Skip, Signalled };
  Kind kind = Kind::GoOn;
  std::string_view because;  ///< Skip: the step that did not succeed
  int signal = 0;            ///< Signalled: asked to end while it waited
};

/// Whether this pod's index leaves nothing to do: followers work in index 0 of an Indexed Job (KEP-2214).
bool is_other_index();

/// Waits until every step in `after` has ended, in that order, and tells whether all succeeded.
Turn wait_for_turn(const Options& options, const Signals& signals);

}  // namespace millrace::step
