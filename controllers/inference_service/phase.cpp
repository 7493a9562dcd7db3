#include "inference_service/phase.h"

#include <algorithm>

#include "inference_service/machine.h"
#include "inference_service/route.h"

namespace millrace::inference_service {
namespace {

using shared::Situation;

bool leaves_as(const Status& status, std::string_view reason) {
  return std::any_of(status.retired.begin(), status.retired.end(), [&](const RetiredStatus& r) { return r.reason == reason; });
}

Phase phase_of_canary(const Scene& scene) {
  const CanaryStatus& canary = *scene.status.canary;
  if (canary.place_since) return Phase::Degraded;
  if (!scene.status.stable) return Phase::Deploying;
  if (is_paused(scene.seen.service.spec, scene.status)) return Phase::Paused;
  if (canary.hold) return canary.hold->reason == kManual ? Phase::AwaitingApproval : Phase::Paused;
  if (is_way_back(scene.status, canary.revision)) return Phase::RollingBack;
  const bool taken = wanted_pointer(scene.seen.service.spec, scene.status, scene.facts).revision == canary.revision;
  if (canary.weight >= 100 && (taken || canary.step > 0)) return Phase::Promoting;
  if (canary.step == 0 && !canary.step_started_at) return Phase::Deploying;
  return canary.shadow > 0 ? Phase::Shadowing : Phase::Canary;
}

bool is_open(const Scene& scene) {
  const Status& s = scene.status;
  return inference_service::is_open(s) || leaves_as(s, "RolledBack") || leaves_as(s, "NoCapacity") || leaves_as(s, "Superseded");
}

}  // namespace

bool has_next(const Scene& scene) {
  const auto& target = scene.choice.target;
  if (!target || (scene.status.deferred && scene.status.deferred->revision == target->revision)) return false;
  return !scene.status.stable || scene.status.stable->revision != target->revision;
}

const RefusedStatus* refused_wish(const Scene& scene) {
  const auto& refused = scene.choice.refused;
  const bool pinned = scene.seen.service.spec.version.policy == Policy::Pinned;
  // Under Latest, when the newest rollout was about it: a later one may have ended well with an older version.
  const bool told = pinned || !scene.status.stable || scene.status.result == "RolledBack";
  return refused && told ? &*refused : nullptr;
}

bool is_asked(const Scene& scene) {
  return scene.seen.service.spec.version.policy == Policy::Pinned || scene.status.rollout_generation == scene.seen.service.meta.generation;
}

bool is_available(const Scene& scene) {
  switch (scene.facts.entry.to) {
    case Pointer::To::Nothing:
      return false;
    case Pointer::To::Revision:
      return scene.facts.of(scene.facts.entry.revision).available > 0;
    case Pointer::To::Everybody:
      break;
  }
  return std::any_of(scene.facts.revisions.begin(), scene.facts.revisions.end(), [](const auto& r) { return r.second.available > 0; });
}

Phase phase_of(const Scene& scene) {
  const Status& s = scene.status;
  if (!scene.invalid.empty()) return Phase::Invalid;
  if (scene.trouble && scene.trouble->situation == Situation::Invalid) return Phase::Invalid;
  if (s.canary) return phase_of_canary(scene);
  if (leaves_as(s, "RolledBack") || leaves_as(s, "NoCapacity")) return Phase::RollingBack;
  if (has_next(scene) && is_paused(scene.seen.service.spec, s)) return Phase::Paused;
  if (leaves_as(s, "Superseded") || has_next(scene)) return Phase::Deploying;
  if (scene.choice.invalid) return Phase::Invalid;
  if (scene.choice.rejected) return Phase::Failed;
  if (!s.stable) return refused_wish(scene) || s.deferred ? Phase::Failed : Phase::Pending;
  if (!is_available(scene)) return Phase::Degraded;
  if (s.stable->bake_until) return s.stable->hold ? Phase::Paused : Phase::Baking;
  if (refused_wish(scene) && scene.seen.service.spec.version.policy == Policy::Pinned) return Phase::RolledBack;
  if (scene.choice.not_there) return Phase::Pending;
  return Phase::Serving;
}

Situation situation_of(const Scene& scene) {
  const Status& s = scene.status;
  if (!scene.invalid.empty()) return Situation::Invalid;
  if (scene.trouble) return scene.trouble->situation;
  if (s.canary && s.canary->place_since) return Situation::WaitsForPlace;
  if (is_open(scene) || has_next(scene)) return is_asked(scene) ? Situation::GoingOn : Situation::GoingOnByItself;
  if (scene.choice.not_there) return Situation::NotThereYet;
  if (scene.choice.invalid) return Situation::Invalid;
  if (scene.choice.rejected) return Situation::Failed;
  if (refused_wish(scene)) {
    if (!s.stable) return Situation::Failed;
    return is_asked(scene) ? Situation::RolledBack : Situation::RolledBackLatest;
  }
  if (s.deferred) return s.stable && !is_asked(scene) ? Situation::RolledBackLatest : Situation::Failed;
  return s.stable ? Situation::Done : Situation::Failed;
}

}  // namespace millrace::inference_service
