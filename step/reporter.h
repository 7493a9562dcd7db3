#pragma once

#include "step/options.h"

namespace millrace::step {

/// Tells the operator how far the command is, from `/millrace/progress.json`: at most every ten seconds, and only what is
/// new. It is a process of its own, so that nothing of it (a slow network, a fault of ours) reaches the command; it holds
/// no lock or pipe of ours and is killed when this process ends. Each kind of trouble is told once on stderr.
void start_reporter(const Options& options);

}  // namespace millrace::step
