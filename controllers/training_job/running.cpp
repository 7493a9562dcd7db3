// Chapter: an open run. Attempts follow each other until one succeeds, the limit is reached, or the spec asks for other inputs.
#include <algorithm>

#include "core/backoff.h"
#include "training_job/attempts.h"
#include "training_job/cache.h"
#include "training_job/children.h"
#include "training_job/draft.h"
#include "training_job/identity.h"
#include "training_job/progress.h"
#include "training_job/retries.h"

namespace millrace::training_job {
namespace {

using shared::Situation;
namespace reason = shared::reason;

constexpr std::int64_t kDataChanges = 3;
constexpr std::size_t kAttempts = 20;
constexpr auto kLongestWait = std::chrono::minutes(10);

void begin_attempt(Draft& d) {
  RunStatus& run = d.run();
  ++run.attempt;
  const std::string workspace = d.spec.workspace ? d.spec.workspace->claim_name : "";
  const bool prepares = !workspace.empty() && (run.prepared.attempt == 0 || run.prepared.claim != workspace);
  if (prepares) run.prepared = {.claim = workspace};
  run.job = prepares ? prepare_job_name(d.job(), run.number, run.attempt) : run_job_name(d.job(), run.number, run.attempt);
  run.state = prepares ? "Preparing" : "Training";
  run.next_at.reset();
  run.train_at.reset();
  run.progress = {};
  run.eta.reset();
}

// The data has moved on since it was pinned: look again. Not the user's failure (D11).
bool is_data_change(Draft& d, const Judgement& j) {
  RunStatus& run = d.run();
  if (j.cause->reason != "DataChanged" || run.data_changes >= kDataChanges || run.asked != d.asked) return false;
  ++run.data_changes;
  run.state = "Resolving";
  d.status.resolve.outcome = "Retry";
  d.status.resolve.asked = d.asked;
  d.status.resolve.message = j.cause->message;
  d.status.resolve.next_at = d.seen.now;
  return true;
}

void wait(Draft& d) {
  const RunStatus& run = d.run();
  d.wake_at(run.next_at);
  if (run.state == "Suspended") {
    return d.tell(Phase::Pending, Situation::GoingOn, reason::kPending,
                  name_of(run) + " was suspended; the next starts at " + core::to_rfc3339(*run.next_at));
  }
  const std::string why = d.status.attempts.empty() ? std::string() : ": " + d.status.attempts.back().message;
  d.tell(Phase::Retrying, Situation::GoingOn, reason::kRetrying,
         name_of(run) + " failed; the next starts at " + core::to_rfc3339(*run.next_at) + why);
}

void watch(Draft& d, const kube::Job& job) {
  if (d.run().state == "Preparing" && kube::is_true(job.status.conditions, "Complete")) return take_prepared(d, job);
  const Judgement j = judge(job, shared::pods_of(job, d.seen.pods), d.spec.deadlines, d.seen.facts, d.seen.now, d.run().train_at);
  d.wake_at(j.wake);
  if (j.train_at) d.run().train_at = j.train_at;  // it may have trained unseen, and ended
  switch (j.state) {
    case Judgement::State::Failed:
      return fail_attempt(d, &job, j);
    case Judgement::State::Succeeded:
      return succeed(d, *j.published);
    case Judgement::State::Lost:
      d.run().state = "Recovering";
      d.run().recover = {};
      d.remember(j.cause->reason, name_of(d.run()) + ": " + j.cause->message + "; it is read from the store");
      return recover(d);
    case Judgement::State::Training:
      note_progress(d);
      if (const auto cause = stalled(d, job)) return fail_attempt(d, &job, {.cause = cause, .pod = j.pod});
      break;
    case Judgement::State::Preparing:
      break;
  }
  if (j.question) d.plan.questions.push_back(*j.question);
  d.hold = j.unknown;
  const bool trains = j.state == Judgement::State::Training;
  // A pod whose train cannot begin does not run, though its first containers have.
  const Phase phase = j.started && (trains || !j.cause) ? Phase::Running : Phase::Pending;
  d.tell(phase, Situation::GoingOn, trains ? reason::kRunning : reason::kPending,
         name_of(d.run()) + (trains ? " trains" : " is being prepared"));
  if (j.cause) d.tell_hindered(phase, j.cause->reason, name_of(d.run()) + ": " + j.cause->message);
}

}  // namespace

std::string name_of(const RunStatus& run) { return "run " + std::to_string(run.number) + ", attempt " + std::to_string(run.attempt); }

const kube::Job* job_of(const Draft& d, const std::string& name) {
  const auto it = std::find_if(d.seen.jobs.begin(), d.seen.jobs.end(), [&](const auto& j) { return j->meta.name == name; });
  return it == d.seen.jobs.end() ? nullptr : it->get();
}

void note_attempt(Draft& d, const kube::Job* job, const shared::Cause& cause, std::string pod) {
  const RunStatus& run = d.run();
  d.status.attempts.push_back({.run = run.number,
                               .number = run.attempt,
                               .reason = cause.reason,
                               .pod = std::move(pod),
                               .container = cause.container,
                               .message = cause.message,
                               .exit_code = cause.exit_code,
                               .signal = cause.signal,
                               .start_time = job ? job->meta.created : run.start_time.value_or(d.seen.now),
                               .finish_time = job ? ended_at(*job).value_or(d.seen.now) : d.seen.now});
  auto& all = d.status.attempts;
  if (all.size() > kAttempts) all.erase(all.begin(), all.end() - kAttempts);
}

void fail_attempt(Draft& d, const kube::Job* job, const Judgement& j) {
  RunStatus& run = d.run();
  note_attempt(d, job, *j.cause, j.pod);
  for (const auto& [container, image] : j.images) run.images[container] = image;
  d.remember(j.cause->reason, name_of(run) + " failed: " + j.cause->message);
  if (is_data_change(d, j)) return go_on(d);
  const bool free = j.cause->blame == shared::Blame::Disruption;
  std::int64_t& count = free ? run.disruptions : run.counted;
  ++count;
  // What is pinned is no longer there, or what is wrong will be so again: another attempt would meet the same.
  if (j.final || j.cause->reason == "DataChanged" || !is_curable(*j.cause))
    return end_run(d, j.cause->reason, name_of(run) + ": " + j.cause->message);
  if (count > (free ? d.spec.retry.disruptions : d.spec.retry.limit)) {
    return end_run(d, j.cause->reason,
                   "run " + std::to_string(run.number) + " failed after " + std::to_string(run.attempt) +
                       (run.attempt == 1 ? " attempt: " : " attempts: ") + j.cause->message);
  }
  const bool grows = j.cause->reason == reason::kOutOfMemory && j.cause->container == "train";
  if (const std::string more = grows ? grown_memory(d.spec, run.memory) : ""; !more.empty()) run.memory = more;
  run.state = "Waiting";
  run.next_at =
      d.seen.now + std::chrono::ceil<std::chrono::seconds>(core::backoff(d.spec.retry.backoff, kLongestWait, static_cast<int>(count) - 1));
  if (d.seen.now >= *run.next_at && !d.spec.suspend) return go_on(d);
  wait(d);
}

void succeed(Draft& d, const Published& published) {
  RunStatus& run = d.run();
  if (const std::string moved = moved_image(run.images, published.images); !moved.empty()) {
    return end_run(d, reason::kImageMoved, name_of(run) + ": " + moved);
  }
  run.digest = published.digest;
  run.size = published.size;
  run.metrics = published.metrics;
  for (const auto& [container, image] : published.images) run.images[container] = image;
  for (DataStatus& data : d.status.data) {
    if (const auto read = published.read.find(data.name); read != published.read.end()) data.sha256 = read->second;
  }
  run.state = "Registering";
  register_version(d);
}

void start_run(Draft& d, std::string input_hash, std::string_view trigger) {
  RunStatus& run = d.run();
  d.status.cache = {};
  TrainingJob numbered = d.job();
  numbered.status.run.number = run.number;
  run = {.number = next_run(numbered, d.seen.jobs, d.seen.versions),
         .input_hash = std::move(input_hash),
         .requested = d.spec.run,
         .asked = d.asked,
         .trigger = std::string(trigger),
         .model = d.spec.model,
         .start_time = d.seen.now};
  d.remember(reason::kRunning, "run " + std::to_string(run.number) + " begins" +
                                   (is_triggered(run)       ? " on new data"
                                    : run.requested.empty() ? ""
                                                            : " as asked for by spec.run " + run.requested));
  begin_attempt(d);
}

void end_run(Draft& d, std::string_view why, std::string message) {
  RunStatus& run = d.run();
  run.state = "Failed";
  run.reason = why;
  run.message = std::move(message);
  run.next_at.reset();
  run.completion_time = d.seen.now;
  d.remember(reason::kFailed, run.message);
  rest(d);
}

void go_on(Draft& d) {
  RunStatus& run = d.run();
  if (run.state == "Registering") return register_version(d);
  if (run.state == "Recovering") return recover(d);
  const kube::Job* job = job_of(d, run.job);
  // A Job that exists keeps its inputs and goes on to its end; nothing new is begun for inputs that the spec no longer asks for.
  const bool between = (run.state != "Training" && run.state != "Preparing") || job == nullptr;
  if (between && run.asked != d.asked)
    return end_run(d, reason::kInputsChanged, "run " + std::to_string(run.number) + " is given up: the spec asks for other inputs");
  if (run.state == "Resolving") {
    if (!resolve(d)) {
      if (d.status.resolve.outcome == "Failed") end_run(d, d.status.resolve.reason, d.status.resolve.message);
      return;
    }
    run.input_hash = input_hash(d.spec, d.status);
    begin_attempt(d);
  } else if (run.state == "Waiting" || run.state == "Suspended") {
    if (d.seen.now < run.next_at.value_or(d.seen.now)) return wait(d);
    begin_attempt(d);
  } else if (job != nullptr) {
    return watch(d, *job);
  }
  run.train_at.reset();  // a Job that somebody deleted is made again and has its whole time
  const bool prepares = run.state == "Preparing";
  d.plan.children.push_back(prepares ? prepare_job(d.job(), d.status, d.settings) : run_job(d.job(), d.status, d.settings));
  d.tell(Phase::Pending, Situation::GoingOn, reason::kPending, name_of(run) + " is being prepared");
}

}  // namespace millrace::training_job
