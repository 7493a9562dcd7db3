#include "inference_service/rollout.h"

#include <algorithm>

#include "inference_service/capacity.h"
#include "inference_service/machine.h"
#include "inference_service/route.h"
#include "inference_service/watch.h"

namespace millrace::inference_service {
namespace {

using shared::Blame;

// All its pods are ready, and a Gateway says no.
std::optional<shared::Cause> refused_route(const Status& s, const Facts& facts) {
  if (!by_gateway(s) || !facts.route.refused) return std::nullopt;
  return shared::Cause{.blame = Blame::Place, .reason = facts.route.reason, .message = facts.route.message};
}

}  // namespace

void place_at(CanaryStatus& canary, std::int64_t step) {
  canary.step = step;
  canary.weight = canary.steps[static_cast<std::size_t>(step)].weight;
  canary.shadow = canary.steps[static_cast<std::size_t>(step)].shadow;
}

void Machine::enter_step(CanaryStatus& canary, std::int64_t index) {
  place_at(canary, index);
  canary.step_started_at.reset();
  canary.progress_since.reset();
  canary.observed_share.reset();
  canary.hold.reset();
  s.analysis = fresh(s.analysis);
}

void Machine::wait_for_place(const shared::Cause* cause) {
  CanaryStatus& canary = *s.canary;
  if (cause == nullptr) {
    canary.place_since.reset();
    canary.cause.clear();
    return;
  }
  if (!canary.place_since) {
    canary.place_since = now();
    note("Degraded", canary.version + " waits for the place: " + cause->message);
  }
  canary.cause = cause->message;
  if (now() < later(*canary.place_since, spec().rollout.place_timeout)) return;
  s.deferred = DeferredStatus{canary.version, canary.revision, cause->message, later(now(), spec().rollout.place_timeout)};
  retire(canary.version, canary.revision, canary.replicas, kNoCapacity);
  s.result = "Failed";
  note("NoCapacity", canary.version + " found no place: " + cause->message);
  s.canary.reset();
  s.rules.reset();
  bake_on();
}

// The version's own failure: refused, and not tried again before a person says so.
void Machine::fail_canary(const shared::Cause& cause) {
  const CanaryStatus canary = *s.canary;
  refuse(canary.version, canary.revision, cause);
  retire(canary.version, canary.revision, canary.replicas, kRolledBack);
  s.canary.reset();
  s.rules.reset();
  bake_on();
  if (is_way_back(s, canary.revision)) s.rollback.reset();
  s.supersedes = 0;
  s.result = s.stable ? "RolledBack" : "Failed";
  note("RolledBack", canary.version + " (" + canary.revision + ") failed: " + cause.message);
}

void Machine::judge_canary() {
  if (!s.canary) return;
  CanaryStatus& canary = *s.canary;
  const Counts counts = counts_for(spec(), s, facts);
  canary.replicas = counts.canary;
  const Revision& here = facts.of(canary.revision);
  const bool short_of = here.available < canary.replicas;
  std::optional<shared::Cause> cause = short_of ? here.cause : refused_route(s, facts);
  if (!short_of || !here.placed) {
    canary.progress_since.reset();
  } else if (!canary.progress_since) {
    canary.progress_since = now();
  }
  if (!cause && canary.progress_since && now() >= later(*canary.progress_since, spec().rollout.progress_deadline)) {
    cause = shared::Cause{.reason = "ProgressDeadlineExceeded",
                          .message = "its pods run but did not become ready within " + core::to_text(spec().rollout.progress_deadline)};
  }
  if (!cause || cause->blame != Blame::Version) {
    wait_for_place(cause ? &*cause : nullptr);
    return;
  }
  fail_canary(*cause);
}

void Machine::promote() {
  const CanaryStatus canary = *s.canary;
  if (s.stable) {
    retire(s.stable->version, s.stable->revision, warm_count(spec(), s.stable->replicas), kReplaced);
    note("Promoting", canary.version + " (" + canary.revision + ") has all requests");
  }
  s.stable = StableStatus{.version = canary.version,
                          .revision = canary.revision,
                          .replicas = canary.replicas,
                          .since = now(),
                          .bake_until = later(now(), bake_of(spec().rollout))};
  s.canary.reset();
  s.analysis = fresh(s.analysis);
  s.supersedes = 0;
  s.result.clear();
}

void Machine::hold(std::string_view reason, std::string message) {
  if (s.canary->hold) return;
  note(reason == kManual ? "AwaitingApproval" : std::string(reason), s.canary->version + " stands still: " + message);
  s.canary->hold = Hold{std::string(reason), std::move(message), now()};
}

// What the requests of this step have shown so far. A step that a person let go on has been seen by him.
void Machine::weigh(const Findings& found) {
  CanaryStatus& canary = *s.canary;
  s.analysis = found.entries;
  if (found.observed_share) canary.observed_share = found.observed_share;
  if (found.verdict != Findings::Verdict::Failed || canary.released > canary.step) return;
  const std::string why = found.metric + ": " + found.why;
  if (spec().rollout.on_failure == OnFailure::Pause) return hold(kAnalysisFailed, why);
  fail_canary({.reason = std::string(kAnalysisFailed), .message = why});
}

// The time in which the metrics had to say something is over: a person decides, or it goes on without them.
bool Machine::has_verdict(const std::optional<Findings>& found, core::Instant end) {
  if (!is_judged(s) || (found && found->verdict == Findings::Verdict::Passed)) return true;
  const Inconclusive& patience = s.rules->inconclusive;
  const core::Instant due = later(std::max(end, later(*s.canary->step_started_at, s.rules->warmup)), patience.timeout);
  if (now() < due) return false;
  const std::string how_long = core::to_text(patience.timeout);
  if (patience.then == Then::Continue) {
    note("Inconclusive", s.canary->version + " goes on without a verdict after " + how_long);
    return true;
  }
  hold(kInconclusive, "no verdict within " + how_long);
  return false;
}

// Every reason to stay at this step is gone.
bool Machine::may_go_on(const std::optional<Findings>& found) {
  CanaryStatus& canary = *s.canary;
  const Step& step = canary.steps[static_cast<std::size_t>(canary.step)];
  if (is_paused(spec(), s)) return false;
  if (canary.released > canary.step) return true;
  if (canary.hold && canary.hold->reason == kAnalysisFailed) return false;
  const core::Instant end = later(*canary.step_started_at, pause_of(step));
  if (now() < end || !has_verdict(found, end)) return false;
  const auto& approved = spec().rollout.approved;
  if (!is_manual(step) || (approved && approved->version == canary.version && approved->step > canary.step)) return true;
  hold(kManual, "step " + std::to_string(canary.step + 1) + " waits for a person");
  return false;
}

void Machine::step() {
  if (!s.canary) return;
  CanaryStatus& canary = *s.canary;
  const bool last = canary.step + 1 == static_cast<std::int64_t>(canary.steps.size());
  if (facts.of(canary.revision).available < counts_for(spec(), s, facts).goal || !has_share(s, facts)) {
    canary.step_started_at.reset();
    return;
  }
  if (!canary.step_started_at) canary.step_started_at = now();
  const auto found = findings_of(seen, s);
  if (found) weigh(*found);
  if (!s.canary || !may_go_on(found)) return;
  if (last) return promote();
  enter_step(canary, canary.step + 1);
  note("Step", canary.version + " goes to " + std::to_string(canary.weight) + " %");
  judge_canary();
}

Status advance(const Observed& seen, const Facts& facts, const Choice& choice, Status status) {
  for (const RefusedStatus& r : choice.same_bytes) status.refused.push_back(r);
  Machine machine{seen, facts, choice, status};
  machine.adopt();
  const auto word = status.rollback;
  machine.hear();
  machine.bake();
  machine.supersede();
  machine.judge_canary();
  machine.step();
  machine.leave();
  if (status.rollback == word) machine.begin();  // else the choice knows nothing of the word yet: the next round does
  if (status.stable) status.stable->replicas = counts_for(seen.service.spec, status, facts).stable;
  return status;
}

std::optional<core::Instant> next_instant(const Observed& seen, const Status& status) {
  std::optional<core::Instant> next;
  const auto consider = [&](core::Instant at) {
    if (at > seen.now && (!next || at < *next)) next = at;
  };
  const Rollout& rollout = seen.service.spec.rollout;
  if (const auto& canary = status.canary) {
    if (canary->step_started_at) consider(later(*canary->step_started_at, pause_of(canary->steps[static_cast<std::size_t>(canary->step)])));
    if (canary->progress_since) consider(later(*canary->progress_since, rollout.progress_deadline));
    if (canary->place_since) consider(later(*canary->place_since, rollout.place_timeout));
  }
  if (status.stable && status.stable->bake_until) consider(*status.stable->bake_until);
  if (status.deferred) consider(status.deferred->until);
  for (const RetiredStatus& r : status.retired) {
    if (r.cleared_at) consider(later(*r.cleared_at, rollout.drain));
    if (r.shrunk_at) consider(*r.shrunk_at + kShrinkEvery);
  }
  return next;
}

}  // namespace millrace::inference_service
