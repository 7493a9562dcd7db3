// Chapter: spec.suspend. An attempt that goes is told to end, by deleting its Job, and has time for a checkpoint; the run goes on with the
// next attempt (D35). What has begun is finished even if the flag flips back.
#include <algorithm>

#include "training_job/attempts.h"
#include "training_job/children.h"
#include "training_job/draft.h"
#include "training_job/parts.h"

namespace millrace::training_job {
namespace {

using shared::Situation;
namespace reason = shared::reason;

bool rests(Draft& d, const std::string& message) {
  d.tell(Phase::Suspended, Situation::Suspended, reason::kSuspended, message);
  return true;
}

// Its containers have all ended well: only the Job controller has not said so yet.
bool has_done_its_work(const Draft& d, const kube::Job& job) {
  const auto pods = shared::pods_of(job, d.seen.pods);
  return ended_at(job) || std::any_of(pods.begin(), pods.end(), [](const auto& p) { return p->status.phase == "Succeeded"; });
}

// The Job is gone; its pod may use its grace.
bool stopped(Draft& d) {
  RunStatus& run = d.run();
  note_attempt(d, nullptr, {.reason = std::string(reason::kSuspended), .message = "spec.suspend asked for it", .over = true}, {});
  run.state = "Suspended";
  run.next_at = d.seen.now + kStopGrace;
  return d.spec.suspend && rests(d, name_of(run) + " was suspended; it goes on when spec.suspend is false");
}

bool stop(Draft& d) {
  RunStatus& run = d.run();
  const kube::Job* job = job_of(d, run.job);
  if (job == nullptr) return stopped(d);
  if (!job->meta.deleting() && ended_at(*job)) {
    run.state = is_prepare_job(job->meta) ? "Preparing" : "Training";  // it ended by itself
    return false;
  }
  // That it goes is decided in status; finish() deletes it.
  d.tell(Phase::Suspended, Situation::GoingOn, reason::kSuspended, name_of(run) + " is told to end");
  return true;
}

}  // namespace

bool suspend(Draft& d) {
  RunStatus& run = d.run();
  if (run.state == "Suspending") return stop(d);
  if (!d.spec.suspend || run.state == "Registering" || run.state == "Recovering") return false;
  if (!is_open(run)) return rests(d, "nothing begins while spec.suspend is true");
  if (run.state == "Training" || run.state == "Preparing") {
    const kube::Job* job = job_of(d, run.job);
    if (job != nullptr && has_done_its_work(d, *job)) return false;
    if (job != nullptr) {
      run.state = "Suspending";
      return stop(d);
    }
  }
  return rests(d, name_of(run) + " goes on when spec.suspend is false");
}

}  // namespace millrace::training_job
