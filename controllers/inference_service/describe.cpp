#include "inference_service/describe.h"

#include <algorithm>

#include "core/text.h"
#include "inference_service/children.h"
#include "inference_service/decision.h"
#include "inference_service/entry.h"
#include "inference_service/machine.h"
#include "inference_service/rollout.h"
#include "inference_service/route.h"
#include "inference_service/share.h"

namespace millrace::inference_service {
namespace {

using shared::Saying, shared::Situation;

constexpr std::int64_t kTellingSamples = 200;  // requests from which on the observed share says something of clients

// Real share of the canary by pods that the entry reaches.
std::int64_t real_share(const Scene& scene) {
  const CanaryStatus& canary = *scene.status.canary;
  const std::int64_t here = scene.facts.of(canary.revision).available;
  if (by_gateway(scene.status) && scene.facts.route.exists) return scene.facts.route.weight_of(canary.revision);
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
    case Phase::Shadowing:
    case Phase::AwaitingApproval:
    case Phase::Paused:
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

// Of a condition, which changes with decisions: what is waited for from second to second stands in `message`.
std::string going_text(const Status& out) {
  if (out.canary && out.canary->hold) return out.canary->version + " stands still: " + out.canary->hold->message;
  if (out.canary) return out.canary->version + " is on its way in";
  if (out.stable && out.stable->hold) return out.stable->version + " does not end its bake: " + out.stable->hold->message;
  return out.stable && out.stable->bake_until ? out.stable->version + " serves and is watched" : out.message;
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
      return {"NewVersion", going_text(out)};
    case Situation::GoingOn:
      return {out.phase, going_text(out)};
    case Situation::WaitsForPlace:
    case Situation::WriteRefused:
    case Situation::NotThereYet:
    case Situation::Suspended:
    case Situation::Invalid:
      break;
  }
  return {out.phase, out.message};
}

void say_canary(const Scene& scene, const Status& out, shared::Conditions& next) {
  const Hold* sick = out.stable && out.stable->hold ? &*out.stable->hold : nullptr;
  if (!out.canary && sick != nullptr) return next.set("CanaryHealthy", false, {sick->reason, sick->message});
  if (!out.canary) return next.unknown("CanaryHealthy", {"NoCanary", "no rollout is going on"});
  const CanaryStatus& canary = *out.canary;
  if (canary.place_since) return next.set("CanaryHealthy", false, {"Waiting", canary.cause});
  if (canary.hold && canary.hold->reason != kManual) return next.set("CanaryHealthy", false, {canary.hold->reason, canary.hold->message});
  if (scene.found && scene.found->source_down) {
    return next.unknown("CanaryHealthy", {"AnalysisSourceDown", "metrics source " + out.rules->source + " does not answer"});
  }
  next.set("CanaryHealthy", true, {"Healthy", canary.version + " shows no fault"});
}

// A Gateway that has yet to look at a route in which the same revisions have the same shares takes back no word: it carried these already.
bool is_taken(const Scene& scene) {
  const RouteFacts& route = scene.facts.route;
  const bool carried = route.parts && route.parts->taken && kube::is_true(scene.seen.service.status.conditions, "TrafficConverged");
  return route.current || carried;
}

// By the entry's endpoints and the route's weights; what clients with long-lived connections do shows only in the requests.
Saying traffic_saying(const Scene& scene, const Status& out) {
  const Spec& spec = scene.seen.service.spec;
  const RouteFacts& route = scene.facts.route;
  if (by_gateway(out) && route.refused) return {route.reason, route.message};
  // From the decision of a step until the canary has its share: one word, however many hops it takes.
  if (out.canary && !out.canary->step_started_at) return {"Moving", out.canary->version + " does not have the share of its step yet"};
  const Pointer pointer = wanted_pointer(spec, out, scene.facts);
  const bool entry = scene.facts.entry == pointer && (pointer.to != Pointer::To::Revision || scene.facts.only(pointer.revision));
  const auto split = by_gateway(out) ? wanted_split(spec, out, scene.facts) : std::nullopt;
  const auto as_wanted = [&](const Split::Backend& b) { return route.weight_of(b.revision) == b.weight; };
  const bool routed =
      !by_gateway(out) || (is_taken(scene) && (!split || std::all_of(split->backends.begin(), split->backends.end(), as_wanted)));
  if (entry_moves(scene.seen)) return {"Moving", "the entry moves to Service " + entry_name(scene.seen.service)};
  if (!entry || !routed) return {"Moving", "requests are on their way to whom they should reach"};
  const auto share = out.canary ? out.canary->observed_share : std::nullopt;
  if (share && scene.found && scene.found->samples >= kTellingSamples &&
      std::abs(*share - out.canary->effective_weight) > spec.route.tolerance) {
    return {"StickyConnections", "requests do not follow the weight: clients with long-lived connections stay where they were"};
  }
  return {};
}

// Edits of the route that hold from the end of a rollout on.
std::string waiting_edits(const Scene& scene, const Status& out) {
  const Route& route = scene.seen.service.spec.route;
  std::string waits;
  const auto add = [&](bool does, const char* part) { waits += does ? (waits.empty() ? "" : ", ") + std::string(part) : ""; };
  add(out.provider != to_text(route.provider), "provider");
  add(by_gateway(out) && route.provider == Provider::GatewayAPI && gateway_waits(scene.seen.service.spec, out, scene.facts), "gateway");
  add(entry_waits(scene.seen, out), "serviceName");
  return waits.empty() ? waits : "; of spec.route this waits for the end of the rollout: " + waits;
}

void say_conditions(const Scene& scene, Situation situation, shared::Summary summary, Status& out) {
  const InferenceService& service = scene.seen.service;
  shared::Conditions next(service.status.conditions, service.meta.generation, scene.seen.now);
  const std::string why = scene.invalid.empty() ? scene.choice.message : scene.invalid;
  const std::string reason = scene.invalid.empty() ? scene.choice.reason : "Invalid";
  next.set(
      "Accepted", reason.empty(),
      {reason.empty() ? "Valid" : reason, reason.empty() ? "the spec is valid and what it names exists" + waiting_edits(scene, out) : why});
  const bool available = is_available(scene);
  next.set("Available", available,
           {available ? "PodsReady" : "NoPodReady", available ? "predictions are answered" : "nobody answers predictions"});
  next.set(summary, main_saying(scene, situation, out));
  const bool unreachable = by_gateway(out) && scene.facts.route.refused;
  if (summary.settled && !summary.stalled && !summary.ready) {
    next.set("Ready", false, unreachable ? Saying{scene.facts.route.reason, scene.facts.route.message} : Saying{"NoPodReady", out.message});
  }
  say_canary(scene, out, next);
  const Saying traffic = traffic_saying(scene, out);
  const bool there = traffic.reason.empty();
  next.set("TrafficConverged", there, there ? Saying{"EndpointsAsPlanned", "requests reach whom they should"} : traffic);
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
  const std::string entry = scene.seen.entry ? scene.seen.entry->meta.name : entry_name(service);
  out.url = "http://" + entry + "." + service.meta.ns + ".svc:" + std::to_string(kHttpPort) + "/v2/models/" + service.spec.model;
  if (scene.choice.target) out.runtime = scene.choice.target->runtime;
  count(scene, out);
  const Situation situation = situation_of(scene);
  shared::Summary summary = shared::summary(situation, is_available(scene), is_asked(scene));
  const bool unreachable = by_gateway(out) && scene.facts.route.refused;
  summary.ready = summary.ready && is_available(scene) && !unreachable;
  say_settled(scene, situation, summary, out);
  say_conditions(scene, situation, summary, out);
  return out;
}

}  // namespace millrace::inference_service
