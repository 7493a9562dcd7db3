#pragma once

#include "step/options.h"
#include "step/signals.h"

namespace millrace::step {

/// `run` and `follow`: holds the step's lock, waits for its turn, runs the command, tells how it ended. Returns the exit
/// code. `umask` is what the program was started with; the program's own must be 0.
int run(const Options& options, unsigned umask, const Signals& signals);

}  // namespace millrace::step
