#pragma once

#include "step/text.h"

namespace millrace::step {

/// Locks by flock(2): the kernel drops them when their holder ends, however it ends. A marker alone would make a
/// follower wait for ever when its forerunner was killed (kubernetes-sigs/prow#210).

/// Takes the exclusive lock, for as long as this process lives. Waits a few seconds for a follower's short look.
/// False with errno set (EWOULDBLOCK: another process holds it).
bool hold_exclusive(const Path& path);

/// Whether nobody holds the exclusive lock now. False with errno set otherwise (EWOULDBLOCK: somebody does).
bool is_free(const Path& path);

}  // namespace millrace::step
