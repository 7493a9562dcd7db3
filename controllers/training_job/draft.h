// Draft: a plan in the making, which the chapters of the planner fill. Internal to this room.
#pragma once

#include <optional>
#include <string>

#include "shared/conditions.h"
#include "training_job/attempts.h"
#include "training_job/pinned.h"
#include "training_job/plan.h"

namespace millrace::training_job {

struct Draft {
  const Observed& seen;
  const shared::Settings& settings;
  const Spec& spec;
  std::string asked;  // asked_hash of the spec
  Status status{};
  plan::Plan<Status> plan{};
  Phase phase = Phase::Pending;
  shared::Situation situation = shared::Situation::GoingOn;
  shared::Saying saying{};
  std::optional<shared::Saying> not_accepted{};
  bool hold = false;  // a fact is looked up that decides what to say: say what was said before

  const TrainingJob& job() const { return seen.job; }
  RunStatus& run() { return status.run; }
  void tell(Phase phase, shared::Situation situation, std::string_view reason, std::string message);
  void remember(std::string_view reason, std::string message);
  void wake_at(std::optional<core::Instant> at);
  // Something that lasts hinders the work: Stalled, unless it is only that no node is free yet.
  void tell_hindered(Phase phase, std::string_view reason, const std::string& message);
};

// True between the decision to run and the end of it.
bool is_open(const RunStatus& run);
// What asked for the run: an edit of the spec, or else a trigger.
inline constexpr std::string_view kBySpec = "Spec", kByNewData = "NewData";
bool is_triggered(const RunStatus& run);

// Chapters. Each tells what it found.
void poll(Draft& d);  // for data other than that of the newest run: status.new_data
void start_run(Draft& d, std::string input_hash, std::string_view trigger);
bool claims_exist(Draft& d);                          // of data and store
bool resolve(Draft& d);                               // true: status.data is what the spec asks for
bool is_cached(const Draft& d);                       // a former result answers the spec instead of a run
bool reuse(Draft& d, const std::string& input_hash);  // true: one was found
bool suspend(Draft& d);                               // true: spec.suspend keeps everything from going on
void go_on(Draft& d);                                 // an open run
void take_prepared(Draft& d, const kube::Job& job);   // what its Job has prepared once
void recover(Draft& d);                               // what an attempt published, of which nobody was told
void register_version(Draft& d);                      // of a run whose Job has succeeded
void hear_approval(Draft& d);                         // of a run whose version waited for a person
void record(Draft& d);                                // the newest run in MLflow, when its version does not
void rest_on_cache(Draft& d);
void rest(Draft& d);                                               // the newest run has ended and answers the spec
const kube::Job* job_of(const Draft& d, const std::string& name);  // nullptr: not seen
void note_attempt(Draft& d, const kube::Job* job, const shared::Cause& cause, std::string pod);
std::string name_of(const RunStatus& run);  // "run 1, attempt 2"
Pinned promised(const Draft& d);            // what the run promised when it began
void succeed(Draft& d, const Published& published);
void fail_attempt(Draft& d, const kube::Job* job, const Judgement& j);
void end_run(Draft& d, std::string_view reason, std::string message);

plan::Plan<Status> finish(Draft& d);  // conditions, refusals, history of children

}  // namespace millrace::training_job
