#include "inference_service/rollout.h"

#include <algorithm>

#include "inference_service/machine.h"
#include "inference_service/route.h"
#include "inference_service/share.h"

namespace millrace::inference_service {
namespace {

using shared::Blame;

// A canary that was decided on but never frozen (a crash between the two writes) cannot be made once another version is chosen.
bool is_healthy(const Machine& m) {
  if (!m.s.canary) return !m.s.stable || m.facts.of(m.s.stable->revision).available > 0;
  const Revision& here = m.facts.of(m.s.canary->revision);
  return here.frozen != nullptr && !m.s.canary->place_since && !here.cause;
}

}  // namespace

std::vector<Step> steps_for(const Spec& spec, const Status& status) {
  const bool stepped = spec.rollout.strategy == Strategy::Canary && status.stable && status.last_good;
  return stepped ? spec.rollout.steps : std::vector<Step>{{100, core::Duration(0)}};
}

// An edit in the middle of a rollout that the generation before asked for: the new one asks for it too.
void Machine::adopt_generation() {
  const bool open = s.canary || (s.stable && s.stable->bake_until);
  if (open && s.rollout_generation != 0) s.rollout_generation = seen.service.meta.generation;
}

// Ends a canary that is no longer wanted. A healthy one is let to its end when policy Latest meets a newer version (D31).
void Machine::supersede() {
  if (!s.canary) return;
  const CanaryStatus canary = *s.canary;
  if (!choice.withdrawn.empty()) {
    retire(canary.version, canary.revision, canary.replicas, kSuperseded);
    s.canary.reset();
    s.result = "Superseded";
    note("Superseded", choice.withdrawn);
    return;
  }
  if (!choice.target) return;
  const bool at_stable = s.stable && choice.target->revision == s.stable->revision;
  if (choice.target->revision == canary.revision) return;
  const bool newer = choice.target->version != canary.version && !at_stable;
  if (newer && spec().version.policy == Policy::Latest && is_healthy(*this)) return;
  retire(canary.version, canary.revision, canary.replicas, kSuperseded);
  s.canary.reset();
  s.result = "Superseded";
  note("Superseded", canary.version + " (" + canary.revision + ") makes way for " + choice.target->version);
}

bool Machine::may_begin(const Target& target) const {
  const bool finish = spec().version.policy == Policy::Latest && s.stable && s.stable->version != target.version && is_healthy(*this);
  if (s.stable && s.stable->bake_until && finish) return false;
  return std::all_of(s.retired.begin(), s.retired.end(), [&](const RetiredStatus& r) { return r.revision == target.revision; });
}

// Somebody else than stable is wanted. In its bake, the old revision need not stay warm any longer; but where nobody of stable answers, the
// old one takes its place again, and the new one comes beside that (D31).
void Machine::clear_the_way(const Target& target) {
  if (!s.stable) return;
  const bool healthy = is_healthy(*this);
  const bool now = spec().version.policy == Policy::Pinned || s.stable->version == target.version || !healthy;
  if (!now) return;
  const std::string failed = s.stable->version + " (" + s.stable->revision + ")";
  if (!healthy && hand_back(kSuperseded)) {
    s.result = "Superseded";
    note("Superseded", failed + " has no ready pod and makes way for " + target.version + "; " + s.stable->version + " serves again");
    return;
  }
  s.stable->bake_until.reset();
}

void Machine::begin() {
  if (s.canary || !choice.target) return;
  const Target& target = *choice.target;
  if (s.deferred && s.deferred->revision != target.revision) s.deferred.reset();  // another is asked for
  if (s.stable && s.stable->revision == target.revision) {
    s.stable->version = target.version;  // the same bytes under a newer name need no rollout
    if (s.last_good && s.last_good->revision == target.revision) s.last_good->version = target.version;
    return;
  }
  if (s.deferred && now() < s.deferred->until) return;
  const auto same = [&](const RefusedStatus& r) { return r.revision == target.revision; };
  if (std::any_of(s.refused.begin(), s.refused.end(), same)) return;  // in this very round: the next one chooses anew
  clear_the_way(target);
  if (!may_begin(target)) return;
  std::erase_if(s.retired, [&](const RetiredStatus& r) { return r.revision == target.revision; });
  s.deferred.reset();
  s.rollout_generation =
      spec().version.policy == Policy::Pinned || s.settled.generation != seen.service.meta.generation ? seen.service.meta.generation : 0;
  CanaryStatus canary{.version = target.version, .revision = target.revision, .steps = steps_for(spec(), s), .started_at = now()};
  enter_step(canary, 0);
  s.canary = canary;
  note(s.stable ? "Canary" : "Deploying",
       target.version + " (" + target.revision + ") begins" + (s.stable ? " beside " + s.stable->version : ""));
}

void Machine::enter_step(CanaryStatus& canary, std::int64_t index) {
  canary.step = index;
  canary.weight = canary.steps[static_cast<std::size_t>(index)].weight;
  canary.step_started_at.reset();
  canary.progress_since.reset();
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
}

void Machine::judge_canary() {
  if (!s.canary) return;
  CanaryStatus& canary = *s.canary;
  canary.replicas = canary.weight >= 100
                        ? spec().replicas
                        : canaries_for(canary.weight, spec().replicas, most_canaries(spec().replicas, spec().rollout.max_surge));
  const Revision& here = facts.of(canary.revision);
  const bool short_of = here.available < canary.replicas;
  std::optional<shared::Cause> cause = short_of ? here.cause : std::nullopt;
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
  refuse(canary.version, canary.revision, *cause);
  retire(canary.version, canary.revision, canary.replicas, kRolledBack);
  s.result = s.stable ? "RolledBack" : "Failed";
  note("RolledBack", canary.version + " (" + canary.revision + ") failed: " + cause->message);
  s.canary.reset();
}

void Machine::promote() {
  const CanaryStatus canary = *s.canary;
  if (s.stable) retire(s.stable->version, s.stable->revision, s.stable->replicas, kReplaced);
  s.stable = StableStatus{.version = canary.version,
                          .revision = canary.revision,
                          .replicas = canary.replicas,
                          .since = now(),
                          .bake_until = later(now(), bake_of(spec().rollout))};
  s.canary.reset();
  note("Promoting", canary.version + " (" + canary.revision + ") has all requests");
}

void Machine::step() {
  if (!s.canary) return;
  CanaryStatus& canary = *s.canary;
  const Revision& here = facts.of(canary.revision);
  const bool last = canary.weight >= 100;
  const bool routed = last ? converged_on(facts, canary.revision) : facts.entry.to == Pointer::To::Everybody && here.routed > 0;
  if (here.available < canary.replicas || !routed) {
    canary.step_started_at.reset();
    return;
  }
  if (!canary.step_started_at) canary.step_started_at = now();
  const Step& step = canary.steps[static_cast<std::size_t>(canary.step)];
  if (now() < later(*canary.step_started_at, step.pause)) return;
  if (last) return promote();
  enter_step(canary, canary.step + 1);
  note("Step", canary.version + " goes to " + std::to_string(canary.weight) + " %");
  judge_canary();
}

Status advance(const Observed& seen, const Facts& facts, const Choice& choice, Status status) {
  for (const RefusedStatus& r : choice.same_bytes) status.refused.push_back(r);
  Machine machine{seen, facts, choice, status};
  machine.adopt_generation();
  machine.bake();
  machine.supersede();
  machine.judge_canary();
  machine.step();
  machine.leave();
  machine.begin();
  if (status.stable) status.stable->replicas = seen.service.spec.replicas;
  return status;
}

std::optional<core::Instant> next_instant(const Observed& seen, const Status& status) {
  std::optional<core::Instant> next;
  const auto consider = [&](core::Instant at) {
    if (at > seen.now && (!next || at < *next)) next = at;
  };
  const Rollout& rollout = seen.service.spec.rollout;
  if (const auto& canary = status.canary) {
    if (canary->step_started_at) consider(later(*canary->step_started_at, canary->steps[static_cast<std::size_t>(canary->step)].pause));
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
