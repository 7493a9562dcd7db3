#pragma once

#include "step/child.h"
#include "step/tail.h"

#include <string_view>

namespace millrace::step {

/// The termination message: a small JSON object that the kubelet copies into the pod's status (docs/pods.md). Written to
/// /dev/termination-log, or where MILLRACE_TERMINATION_LOG says. Where that cannot be written nothing happens: the exit
/// code still tells.

/// Empties it, so that what is found later is what the command wrote.
void clear_message();

/// Whether the command wrote a message of our form itself, as millrace-fetcher does.
bool has_message();

void tell_end(const Ended& ended, bool out_of_memory, const Tail& tail);

/// There was nothing to do, because of that step, or of "index".
void tell_skipped(std::string_view because);

}  // namespace millrace::step
