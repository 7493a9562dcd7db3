// What of the past is kept: Jobs for their logs, versions for who serves or may go back to them (D20, D26). Pure.
#pragma once

#include <set>
#include <string>

#include "training_job/plan.h"

namespace millrace::training_job {

// Names of the ended run Jobs that stay: of `history.succeeded` runs, of `history.failed` attempts, and the newest of all.
std::set<std::string> kept_jobs(const Observed& seen);

// Versions of its runs that have had their time, oldest first: more than `history.versions`, and no service stands or may fall back on
// them.
Versions old_versions(const Observed& seen, const Status& status);

}  // namespace millrace::training_job
