#pragma once

namespace millrace::step {

/// Makes `folder`, which ends in /a<n>, and tells the command about it: MILLRACE_CHECKPOINT_DIR, and MILLRACE_RESUME_DIR when an earlier
/// attempt, a<k> beside it with k < n, has left something: the newest of them. False, with errno: it cannot be made.
bool offer_checkpoint(const char* folder);

}  // namespace millrace::step
