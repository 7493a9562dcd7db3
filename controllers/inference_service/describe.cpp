#include "inference_service/describe.h"

#include <algorithm>

#include "core/text.h"
#include "inference_service/children.h"
#include "inference_service/machine.h"
#include "inference_service/rollout.h"
#include "inference_service/route.h"
#include "inference_service/share.h"

namespace millrace::inference_service {
namespace {

using shared::Saying, shared::Situation;

std::string step_text(const CanaryStatus& canary) { return std::to_string(canary.step + 1) + "/" + std::to_string(canary.steps.size()); }

// Real share of the canary by pods that the entry reaches.
std::int64_t real_share(const Scene& scene) {
  const CanaryStatus& canary = *scene.status.canary;
  const std::int64_t here = scene.facts.of(canary.revision).available;
  switch (scene.facts.entry.to) {
    case Pointer::To::Nothing:
      return 0;
    case Pointer::To::Revision:
      return scene.facts.entry.revision == canary.revision && here > 0 ? 100 : 0;
    case Pointer::To::Everybody:
      break;
  }
  return share_of(here, scene.status.stable ? scene.facts.of(scene.status.stable->revision).available : 0);
}

void count(const Scene& scene, Status& out) {
  if (out.stable) out.stable->ready = scene.facts.of(out.stable->revision).available;
  if (out.canary) {
    out.canary->ready = scene.facts.of(out.canary->revision).available;
    out.canary->effective_weight = real_share(scene);
    out.weight = std::to_string(out.canary->weight) + "% (real " + std::to_string(out.canary->effective_weight) + "%)";
    out.step = step_text(*out.canary);
  } else {
    out.weight.clear();
    out.step.clear();
  }
  const std::int64_t wanted = scene.seen.service.spec.replicas;
  out.available = std::to_string(out.stable ? out.stable->ready : 0) + "/" + std::to_string(wanted);
}

Decision canary_decision(const Scene& scene) {
  const CanaryStatus& canary = *scene.status.canary;
  const Rollout& rollout = scene.seen.service.spec.rollout;
  const std::int64_t ready = scene.facts.of(canary.revision).available;
  if (canary.place_since) {
    return {.waiting_for = "the place, for " + canary.version + ": " + canary.cause,
            .unblock = "make room, or fix what the cause names",
            .next_at = later(*canary.place_since, rollout.place_timeout)};
  }
  if (canary.step_started_at) {
    const core::Instant end = later(*canary.step_started_at, canary.steps[static_cast<std::size_t>(canary.step)].pause);
    return {.waiting_for = "the end of step " + step_text(canary) + " (" + std::to_string(canary.weight) + "%) of " + canary.version +
                           " at " + core::to_rfc3339(end),
            .next_at = end};
  }
  if (ready < canary.replicas) {
    Decision out{.waiting_for =
                     std::to_string(canary.replicas) + (canary.replicas == 1 ? " ready pod of " : " ready pods of ") + canary.version};
    if (canary.progress_since) out.next_at = later(*canary.progress_since, rollout.progress_deadline);
    return out;
  }
  return {.waiting_for = "the entry to reach the pods of " + canary.version};
}

Decision bake_decision(const Scene& scene) {
  const StableStatus& stable = *scene.status.stable;
  if (scene.seen.now >= *stable.bake_until) return {.waiting_for = "every pod of " + stable.version + " to answer; its bake is over"};
  return {.waiting_for = "the end of the bake of " + stable.version + " at " + core::to_rfc3339(*stable.bake_until),
          .next_at = stable.bake_until};
}

Decision decision_of(const Scene& scene) {
  const Status& s = scene.status;
  if (!scene.invalid.empty()) return {.waiting_for = "a valid spec", .unblock = scene.invalid};
  // No instant: the engine's retries of a refused write are no decisions, and status holds still between them.
  if (scene.trouble) return {.waiting_for = scene.trouble->saying.message};
  if (s.canary) return canary_decision(scene);
  if (s.stable && s.stable->bake_until) return bake_decision(scene);
  const bool comes = has_next(scene);
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
            .unblock = "a new version, another container, or another spec.rollout.restart"};
  }
  for (const RetiredStatus& r : s.retired) {
    return {.waiting_for = r.version + " (" + r.revision + ") to drain and leave"};
  }
  return {};
}

std::string refused_text(const Scene& scene) {
  const RefusedStatus* r = refused_wish(scene);
  return r == nullptr ? std::string() : r->version + " was rolled back: " + r->reason + ": " + r->message;
}

// Who answers, when it is not the one who should.
std::string outage_text(const Scene& scene) {
  const Status& s = scene.status;
  const std::string who = s.stable ? s.stable->version : std::string("any version");
  std::string out = "no pod of " + who + " is ready";
  if (!s.stable) return out;
  if (const auto& cause = scene.facts.of(s.stable->revision).cause) out += ": " + cause->message;
  for (const RetiredStatus& r : s.retired) {
    if (scene.facts.entry == Pointer{Pointer::To::Revision, r.revision} && is_available(scene)) out += "; " + r.version + " still answers";
  }
  return out;
}

std::string serves_text(const Scene& scene) {
  const StableStatus& stable = *scene.status.stable;
  if (scene.facts.of(stable.revision).available == 0) return outage_text(scene);
  const auto* version = find_version(scene.seen, stable.version);
  if (version && version->status.phase == "Quarantined") return stable.version + " serves, though it is " + version->status.message;
  if (version && version->status.phase == "Rejected") return stable.version + " serves, though it is rejected: " + version->status.message;
  return stable.version + " serves";
}

std::string failed_text(const Scene& scene, const std::string& waits) {
  if (refused_wish(scene)) return refused_text(scene);
  return scene.choice.rejected ? scene.choice.message : "waits for " + waits;
}

// One sentence that holds still while nothing is decided: counts that move stand in `available` and `weight`.
std::string message_of(const Scene& scene, Phase phase) {
  const Status& s = scene.status;
  const std::string waits = decision_of(scene).waiting_for;
  if (!scene.invalid.empty()) return scene.invalid;
  if (scene.trouble) return scene.trouble->saying.message;
  switch (phase) {
    case Phase::Invalid:
    case Phase::Pending:
      return (scene.choice.message.empty() ? waits : scene.choice.message) + (s.stable ? "; " + serves_text(scene) : "");
    case Phase::Failed:
      return failed_text(scene, waits) + (s.stable ? "; " + serves_text(scene) : "");
    case Phase::RolledBack:
      return refused_text(scene) + "; " + serves_text(scene);
    case Phase::RollingBack:
      return refused_text(scene).empty() ? "waits for " + waits : refused_text(scene);
    case Phase::Deploying:
    case Phase::Canary:
    case Phase::Promoting:
      return "waits for " + (waits.empty() ? "its turn" : waits);
    case Phase::Degraded:
      return s.canary ? s.canary->version + " waits for the place: " + s.canary->cause : outage_text(scene);
    case Phase::Baking:
      return serves_text(scene) + "; waits for " + waits;
    case Phase::Serving:
      break;
  }
  std::string out = serves_text(scene);
  if (!refused_text(scene).empty()) out += "; " + refused_text(scene);
  if (s.deferred) out += "; waits for " + waits;
  return out;
}

void say_settled(const Scene& scene, Situation situation, const shared::Summary& summary, Status& out) {
  if (situation == Situation::Invalid) out.result = "Invalid";
  if (situation == Situation::Failed) out.result = "Failed";
  if (situation == Situation::Done && out.result != "Superseded" && out.stable) {
    const bool former = out.result == "Serving" || out.result == "Promoted";
    if (!former) out.result = "Serving";
  }
  if (!summary.settled) return;
  Settled next{.generation = scene.seen.service.meta.generation, .result = out.result, .at = out.settled.at};
  if (scene.choice.rejected) {
    next.version = scene.seen.service.spec.version.name;
  } else if (const RefusedStatus* r = refused_wish(scene)) {
    next.version = r->version, next.revision = r->revision;
  } else if (out.deferred) {
    next.version = out.deferred->version, next.revision = out.deferred->revision;
  } else if (out.stable) {
    next.version = out.stable->version, next.revision = out.stable->revision;
  }
  if (next != out.settled) next.at = scene.seen.now;
  out.settled = next;
}

Saying main_saying(const Scene& scene, Situation situation, const Status& out) {
  if (!scene.invalid.empty()) return {"Invalid", scene.invalid};
  if (scene.trouble) return scene.trouble->saying;
  const bool impossible = situation == Situation::Invalid || (situation == Situation::Failed && scene.choice.rejected);
  if (impossible || situation == Situation::NotThereYet) return {scene.choice.reason, out.message};
  switch (situation) {
    case Situation::Done:
    case Situation::RolledBackLatest:
    case Situation::RolledBack:
    case Situation::Failed:
    case Situation::FailedByItself:
      return {out.result.empty() ? "Failed" : out.result, out.message};
    case Situation::GoingOnByItself:
      return {"NewVersion", out.message};
    case Situation::GoingOn:
    case Situation::WaitsForPlace:
    case Situation::WriteRefused:
    case Situation::NotThereYet:
    case Situation::Suspended:
    case Situation::Invalid:
      break;
  }
  return {out.phase, out.message};
}

void say_conditions(const Scene& scene, Situation situation, shared::Summary summary, Status& out) {
  const InferenceService& service = scene.seen.service;
  shared::Conditions next(service.status.conditions, service.meta.generation, scene.seen.now);
  const std::string why = scene.invalid.empty() ? scene.choice.message : scene.invalid;
  const std::string reason = scene.invalid.empty() ? scene.choice.reason : "Invalid";
  next.set("Accepted", reason.empty(),
           {reason.empty() ? "Valid" : reason, reason.empty() ? "the spec is valid and what it names exists" : why});
  const bool available = is_available(scene);
  next.set("Available", available,
           {available ? "PodsReady" : "NoPodReady", available ? "predictions are answered" : "nobody answers predictions"});
  next.set(summary, main_saying(scene, situation, out));
  if (summary.settled && !summary.stalled && !summary.ready) next.set("Ready", false, {"NoPodReady", out.message});
  const bool sick = out.canary && out.canary->place_since;
  if (!out.canary) {
    next.unknown("CanaryHealthy", {"NoCanary", "no rollout is going on"});
  } else {
    next.set("CanaryHealthy", !sick, {sick ? "Waiting" : "Healthy", sick ? out.canary->cause : out.canary->version + " shows no fault"});
  }
  const Pointer pointer = wanted_pointer(out, scene.facts);
  const bool there = scene.facts.entry == pointer && (pointer.to != Pointer::To::Revision || scene.facts.only(pointer.revision));
  next.set(
      "TrafficConverged", there,
      {there ? "EndpointsAsPlanned" : "Moving", there ? "the entry reaches whom it should" : "the entry's endpoints are on their way"});
  const RefusedStatus* refused = refused_wish(scene);
  next.set("RolledBack", refused != nullptr,
           {refused ? refused->reason : "NotRolledBack", refused ? refused_text(scene) : "nothing was rolled back"});
  out.conditions = next.take();
}

}  // namespace

Status described(const Scene& scene) {
  Status out = scene.status;
  const InferenceService& service = scene.seen.service;
  out.observed_generation = service.meta.generation;
  const Phase phase = phase_of(scene);
  out.phase = to_text(phase);
  out.message = core::cut(message_of(scene, phase), 900);
  out.decision = decision_of(scene);
  out.url =
      "http://" + entry_name(service) + "." + service.meta.ns + ".svc:" + std::to_string(kHttpPort) + "/v2/models/" + service.spec.model;
  if (scene.choice.target) out.runtime = scene.choice.target->runtime;
  count(scene, out);
  const Situation situation = situation_of(scene);
  shared::Summary summary = shared::summary(situation, is_available(scene), is_asked(scene));
  summary.ready = summary.ready && is_available(scene);
  say_settled(scene, situation, summary, out);
  say_conditions(scene, situation, summary, out);
  return out;
}

}  // namespace millrace::inference_service
