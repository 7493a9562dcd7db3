#include "inference_service/decision.h"

#include <algorithm>

#include "inference_service/capacity.h"
#include "inference_service/machine.h"
#include "inference_service/route.h"

namespace millrace::inference_service {
namespace {

Decision held(const CanaryStatus& canary) {
  const std::string step = std::to_string(canary.step + 1);
  std::string words = "intent promote " + canary.version + " step=" + step + ", or abort " + canary.version;
  if (canary.hold->reason == kManual) words += ", or spec.rollout.approved with step " + step;
  return {.waiting_for = "a person, at step " + step_text(canary) + " of " + canary.version + ": " + canary.hold->message,
          .unblock = words};
}

Decision paused(const Scene& scene) {
  const auto& word = scene.status.paused;
  if (!word) return {.waiting_for = "spec.rollout.paused to be false", .unblock = "set spec.rollout.paused to false"};
  return {.waiting_for = "resume: a person" + (word->by.empty() ? "" : " (" + word->by + ")") + " paused it", .unblock = "intent resume"};
}

// The numbers move without a decision: sentences do not hold them.
void add_numbers(const Findings& found, Decision& out) {
  out.value = found.value;
  out.threshold = found.threshold;
  out.samples = found.samples;
}

Decision measured(const Scene& scene, core::Instant end) {
  const CanaryStatus& canary = *scene.status.canary;
  const Findings& found = *scene.found;
  const std::string& source = scene.status.rules->source;
  const core::Instant warm = later(*canary.step_started_at, scene.status.rules->warmup);
  Decision out{.waiting_for = "a verdict on " + found.metric + " of " + canary.version + " at step " + step_text(canary),
               .unblock = "requests, or intent promote " + canary.version + " step=" + std::to_string(canary.step + 1),
               .next_at = later(std::max(end, warm), scene.status.rules->inconclusive.timeout)};
  if (found.source_down) {
    out.waiting_for = "metrics source " + source + " to answer about " + canary.version;
    out.unblock = "bring the metrics source back";
  }
  add_numbers(found, out);
  return out;
}

Decision step_decision(const Scene& scene) {
  const CanaryStatus& canary = *scene.status.canary;
  const core::Instant end = later(*canary.step_started_at, pause_of(canary.steps[static_cast<std::size_t>(canary.step)]));
  const bool open = is_judged(scene.status) && scene.found && scene.found->verdict != Findings::Verdict::Passed;
  if (scene.seen.now >= end && open) return measured(scene, end);
  Decision out{.waiting_for = "the end of step " + step_text(canary) + " (" + std::to_string(canary.weight) + "%) of " + canary.version +
                              " at " + core::to_rfc3339(end),
               .next_at = end};
  if (scene.found) add_numbers(*scene.found, out);
  return out;
}

Decision pods_decision(const Scene& scene, std::int64_t goal) {
  const CanaryStatus& canary = *scene.status.canary;
  const StableStatus* stable = scene.status.stable ? &*scene.status.stable : nullptr;
  if (canary.replicas < goal && stable) {
    return {.waiting_for = "pods of " + stable->version + " (" + stable->revision + ") to make room for " + canary.version};
  }
  Decision out{.waiting_for = std::to_string(goal) + (goal == 1 ? " ready pod of " : " ready pods of ") + canary.version};
  if (canary.progress_since) out.next_at = later(*canary.progress_since, scene.seen.service.spec.rollout.progress_deadline);
  return out;
}

Decision canary_decision(const Scene& scene) {
  const CanaryStatus& canary = *scene.status.canary;
  const Rollout& rollout = scene.seen.service.spec.rollout;
  if (canary.place_since) {
    return {.waiting_for = "the place, for " + canary.version + ": " + canary.cause,
            .unblock = "make room, or fix what the cause names",
            .next_at = later(*canary.place_since, rollout.place_timeout)};
  }
  if (canary.hold) {
    Decision out = held(canary);
    if (scene.found) add_numbers(*scene.found, out);
    return out;
  }
  if (is_paused(scene.seen.service.spec, scene.status)) return paused(scene);
  if (canary.step_started_at) return step_decision(scene);
  const std::int64_t goal = counts_for(scene.seen.service.spec, scene.status, scene.facts).goal;
  if (scene.facts.of(canary.revision).available < goal) return pods_decision(scene, goal);
  const RouteFacts& route = scene.facts.route;
  if (by_gateway(scene.status) && route.exists && !route.current) return {.waiting_for = "the route: " + route.message};
  return {.waiting_for = "the " + std::string(by_gateway(scene.status) ? "route" : "entry") + " to reach the pods of " + canary.version};
}

Decision bake_decision(const Scene& scene) {
  const StableStatus& stable = *scene.status.stable;
  if (stable.hold) {
    Decision out{.waiting_for = "a person, in the bake of " + stable.version + ": " + stable.hold->message,
                 .unblock = "intent promote " + stable.version + ", or rollback with the version that should serve, or a newer version"};
    if (scene.found) add_numbers(*scene.found, out);
    return out;
  }
  if (scene.seen.now >= *stable.bake_until) return {.waiting_for = "every pod of " + stable.version + " to answer; its bake is over"};
  Decision out{.waiting_for = "the end of the bake of " + stable.version + " at " + core::to_rfc3339(*stable.bake_until),
               .next_at = stable.bake_until};
  if (scene.found) add_numbers(*scene.found, out);
  return out;
}

}  // namespace

std::string step_text(const CanaryStatus& canary) { return std::to_string(canary.step + 1) + "/" + std::to_string(canary.steps.size()); }

Decision decision_of(const Scene& scene) {
  const Status& s = scene.status;
  if (!scene.invalid.empty()) return {.waiting_for = "a valid spec", .unblock = scene.invalid};
  // No instant: the engine's retries of a refused write are no decisions, and status holds still between them.
  if (scene.trouble) return {.waiting_for = scene.trouble->saying.message};
  if (s.canary) return canary_decision(scene);
  if (s.stable && s.stable->bake_until) return bake_decision(scene);
  const bool comes = has_next(scene);
  if (comes && is_paused(scene.seen.service.spec, s)) return paused(scene);
  if (comes && !s.retired.empty()) {
    return {.waiting_for = s.retired.front().version + " (" + s.retired.front().revision + ") to drain and leave; then " +
                           scene.choice.target->version + " comes"};
  }
  if (!scene.choice.reason.empty()) return {.waiting_for = scene.choice.message};
  if (s.deferred) {
    return {.waiting_for = "another try of " + s.deferred->version + " at " + core::to_rfc3339(s.deferred->until) +
                           ", which found no place: " + s.deferred->message,
            .next_at = s.deferred->until};
  }
  if (const RefusedStatus* r = refused_wish(scene)) {
    return {.waiting_for = "another version than " + r->version,
            .unblock = "a new version, another container or spec.rollout.restart, or intent retry " + r->version};
  }
  for (const RetiredStatus& r : s.retired) {
    return {.waiting_for = r.version + " (" + r.revision + ") to drain and leave"};
  }
  return {};
}

}  // namespace millrace::inference_service
