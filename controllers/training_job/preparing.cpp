// Chapter: prepare: Once. A Job of its own fetches and preprocesses onto the workspace; then the attempt trains, and so do those after it.
#include "training_job/attempts.h"
#include "training_job/cache.h"
#include "training_job/children.h"
#include "training_job/draft.h"

namespace millrace::training_job {
namespace {

using shared::Situation;
namespace reason = shared::reason;

// False: not told yet, the pods' cache may be behind the Job's.
bool take_what_was_read(Draft& d, const kube::Job& job, const shared::Pods& pods) {
  constexpr auto kLag = std::chrono::seconds(30);
  const auto read = read_by_fetch(pods);
  const core::Instant limit = *ended_at(job) + kLag;
  if (!read && d.seen.now < limit) {
    d.wake_at(limit);
    return false;
  }
  for (DataStatus& data : d.status.data) {
    if (read && read->contains(data.name)) data.sha256 = read->at(data.name);
  }
  return true;
}

}  // namespace

void take_prepared(Draft& d, const kube::Job& job) {
  RunStatus& run = d.run();
  const shared::Pods pods = shared::pods_of(job, d.seen.pods);
  d.tell(Phase::Pending, Situation::GoingOn, reason::kPending, name_of(run) + " is being prepared");
  if (!take_what_was_read(d, job, pods)) return;
  for (const auto& pod : pods) {
    const json::StringMap images = images_of(*pod);
    if (const std::string moved = moved_image(run.images, images); !moved.empty())
      return end_run(d, reason::kImageMoved, name_of(run) + ": " + moved);
    for (const auto& [container, image] : images) run.images[container] = image;
  }
  run.prepared.attempt = run.attempt;
  run.state = "Training";
  run.job = run_job_name(d.job(), run.number, run.attempt);
  if (!suspend(d)) go_on(d);
}

}  // namespace millrace::training_job
