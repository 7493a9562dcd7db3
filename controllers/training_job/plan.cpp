#include "training_job/plan.h"

#include "json/codec.h"
#include "shared/history.h"
#include "training_job/children.h"
#include "training_job/draft.h"
#include "training_job/identity.h"
#include "training_job/restore.h"
#include "training_job/triggers.h"

namespace millrace::training_job {
namespace {

using shared::Situation;
namespace reason = shared::reason;

// New data that a poll has found begins a run.
bool takes_new_data(Draft& d) {
  Status& s = d.status;
  s.next_run_time.reset();
  if (s.new_data.empty()) return false;
  const Leave may = leave(d.job(), s, d.seen.versions, d.seen.now);
  if (!may.given()) {
    note_trigger(s, {.kind = std::string(kByNewData), .time = d.seen.now, .reason = may.reason, .message = may.message});
    s.next_run_time = may.at;
    d.wake_at(may.at);
    return false;
  }
  s.data = std::move(s.new_data);
  s.code = std::move(s.new_code);
  s.new_data.clear();
  s.new_code.reset();
  std::string hash = input_hash(d.spec, s);
  if (reuse(d, hash)) {
    note_trigger(s, {.kind = std::string(kByNewData), .time = d.seen.now, .reason = s.cache.result, .message = s.cache.message});
    return false;
  }
  start_run(d, std::move(hash), kByNewData);
  note_trigger(s, {.kind = std::string(kByNewData),
                   .time = d.seen.now,
                   .run = s.run.number,
                   .reason = std::string(reason::kRunning),
                   .message = "run " + std::to_string(s.run.number) + " begins"});
  go_on(d);
  return true;
}

// The newest run answers what the spec asks for, until a trigger begins another; or data is resolved and, when it is other data, a run
// begins.
void advance(Draft& d) {
  if (suspend(d)) return;
  if (is_open(d.run())) go_on(d);
  if (is_open(d.run()) || suspend(d)) return;
  record(d);
  // A run that was given up for other inputs is no answer, should its own be asked for again.
  const bool answers = d.run().number > 0 && d.run().reason != reason::kInputsChanged;
  if (is_cached(d) || (answers && d.run().asked == d.asked && d.status.cache.asked.empty())) {
    poll(d);
    if (!takes_new_data(d)) rest(d);
    return;
  }
  if (!resolve(d)) return;
  std::string hash = input_hash(d.spec, d.status);
  // The same inputs for another model are another lineage.
  const bool extends_it = d.run().model.empty() || d.run().model == d.spec.model;
  if (answers && extends_it && d.run().input_hash == hash && d.run().requested == d.spec.run) {
    d.run().asked = d.asked;
    d.status.cache = {};
    if (d.run().version > 0) d.status.model_version = version_name(d.spec.model, d.run().version);
    d.remember(reason::kUnchanged, "run " + std::to_string(d.run().number) + " had the same inputs already");
    return rest(d);
  }
  if (reuse(d, hash)) return rest(d);
  start_run(d, std::move(hash), kBySpec);
  go_on(d);
}

}  // namespace

bool is_open(const RunStatus& run) { return run.number > 0 && run.state != "Done" && run.state != "Failed"; }

bool is_triggered(const RunStatus& run) { return !run.trigger.empty() && run.trigger != kBySpec; }

void Draft::tell(Phase to, Situation what, std::string_view why, std::string message) {
  phase = to;
  situation = what;
  // Nobody waits for what began by itself (D6, D23).
  if (is_triggered(status.run) && what == Situation::GoingOn && is_open(status.run)) situation = Situation::GoingOnByItself;
  if (is_triggered(status.run) && what == Situation::Failed && !is_open(status.run)) situation = Situation::FailedByItself;
  saying = {std::string(why), std::move(message)};
}

void Draft::remember(std::string_view why, std::string message) {
  shared::remember(status.history, seen.now, std::string(why), std::move(message));
}

void Draft::wake_at(std::optional<core::Instant> at) {
  if (at && (!plan.wake || *at < *plan.wake)) plan.wake = at;
}

void Draft::tell_hindered(Phase to, std::string_view why, const std::string& message) {
  tell(to, why == reason::kUnschedulable ? Situation::GoingOn : Situation::WriteRefused, why, message);
}

void rest(Draft& d) {
  if (is_cached(d)) return rest_on_cache(d);
  hear_approval(d);
  const RunStatus& run = d.run();
  const bool failed = run.state == "Failed";
  const bool ready = !failed && (run.reason == reason::kVersionReady || run.reason == reason::kAwaitingApproval);
  d.tell(failed ? Phase::Failed : Phase::Succeeded, ready ? Situation::Done : Situation::Failed, run.reason, run.message);
}

plan::Plan<Status> plan(const Observed& seen, const shared::Settings& settings) {
  if (seen.job.meta.deleting()) return {};
  Draft d{.seen = seen, .settings = settings, .spec = seen.job.spec, .asked = asked_hash(seen.job.spec), .status = restored(seen)};
  const auto wrong = json::violations(&d.spec, Spec::schema, "spec");
  if (wrong.empty()) {
    advance(d);
  } else {
    d.not_accepted = shared::Saying{std::string(reason::kInvalid), wrong.front()};
    d.tell(Phase::Invalid, Situation::Invalid, reason::kInvalid, wrong.front());
  }
  return finish(d);
}

}  // namespace millrace::training_job
