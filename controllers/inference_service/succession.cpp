// Succession: which rollout goes on, which begins, which gives way (D31).
#include <algorithm>

#include "inference_service/machine.h"
#include "inference_service/route.h"

namespace millrace::inference_service {
namespace {

// A canary that was decided on but never frozen (a crash between the two writes) cannot be made once another version is chosen.
bool is_healthy(const Machine& m) {
  if (!m.s.canary && !m.s.stable) return true;
  if (!m.s.canary) {
    const Revision& serves = m.facts.of(m.s.stable->revision);
    return serves.available > 0 && !(m.s.stable->bake_until && serves.cause);
  }
  const Revision& here = m.facts.of(m.s.canary->revision);
  return here.frozen != nullptr && !m.s.canary->place_since && !here.cause;
}

// Somebody serves well, whom a bad revision would harm.
bool is_protected(const Status& status, std::string_view revision) {
  return status.stable && status.last_good && !is_way_back(status, revision);
}

}  // namespace

bool is_way_back(const Status& status, std::string_view revision) {
  return status.rollback && (status.rollback->revision.empty() || status.rollback->revision == revision);
}

std::vector<Step> steps_for(const Spec& spec, const Status& status, std::string_view revision) {
  const bool stepped = spec.rollout.strategy == Strategy::Canary && is_protected(status, revision);
  return stepped ? spec.rollout.steps : std::vector<Step>{{.weight = 100}};
}

std::optional<Analysis> rules_for(const Spec& spec, const Status& status, std::string_view revision) {
  return is_protected(status, revision) ? spec.rollout.analysis : std::nullopt;
}

// A first deploy is not held: nobody would answer. Nor is the way back that a person asked for after the pause.
bool is_paused(const Spec& spec, const Status& status) {
  const bool bakes = status.stable && status.stable->bake_until;
  const bool back = is_way_back(status, status.canary ? status.canary->revision : bakes ? status.stable->revision : std::string());
  const bool by_word = status.paused && !(back && status.rollback->at >= status.paused->at);
  return status.stable && (by_word || (spec.rollout.paused && !back));
}

// An edit in the middle of a rollout that the generation before asked for: the new one asks for it too. Who splits the requests changes at
// rest only (D29): a new route comes before the old one goes, and the entry answers all the while.
void Machine::adopt() {
  const bool open = is_open(s);
  if (open && s.rollout_generation != 0) s.rollout_generation = seen.service.meta.generation;
  const bool other_spec = s.rollback && s.rollback->pinned != spec().version.name;
  if (other_spec) s.rollback.reset();
  if (s.provider.empty()) s.provider = facts.route.exists ? std::string(kGatewayApi) : to_text(spec().route.provider);
  if (open || s.provider == to_text(spec().route.provider)) return;
  const bool can = !choice.invalid && (spec().route.provider != Provider::GatewayAPI || seen.gateway_installed);
  const bool answers = !s.stable || converged_on(facts, s.stable->revision);
  if (!can || !answers) return;
  note("Provider", "requests are split by " + to_text(spec().route.provider) + " from now on, no longer by " + s.provider);
  s.provider = to_text(spec().route.provider);
}

// Nobody goes on by himself: a person has said so, or is waited for, or the place is.
bool Machine::is_held_back() const {
  const bool held = s.canary ? s.canary->hold.has_value() : s.stable && s.stable->hold;
  return held || is_paused(spec(), s) || !is_healthy(*this);
}

// A rollout that goes on well is let to its end before a newer version begins (D31).
bool Machine::finishes_first(const Target& target) const {
  const std::string& going = s.canary ? s.canary->version : s.stable ? s.stable->version : target.version;
  if (going == target.version || is_way_back(s, target.revision) || is_held_back()) return false;
  switch (spec().rollout.on_new_version) {
    case OnNewVersion::Finish:
      return true;
    case OnNewVersion::Supersede:
      return s.supersedes >= spec().rollout.max_supersedes;
    case OnNewVersion::Auto:
      return spec().version.policy == Policy::Latest || s.supersedes >= spec().rollout.max_supersedes;
  }
  return true;
}

void Machine::give_way(const std::string& why) {
  retire(s.canary->version, s.canary->revision, s.canary->replicas, kSuperseded);
  s.canary.reset();
  s.rules.reset();
  s.analysis.clear();
  bake_on();
  s.result = "Superseded";
  note("Superseded", why);
}

// Ends a canary that is no longer wanted.
void Machine::supersede() {
  if (!s.canary) return;
  if (!choice.withdrawn.empty()) return give_way(choice.withdrawn);
  if (!choice.target || choice.target->revision == s.canary->revision) return;
  const bool back = s.stable && choice.target->revision == s.stable->revision;
  if (!back && finishes_first(*choice.target)) return;
  s.supersedes += back ? 0 : 1;
  give_way(s.canary->version + " (" + s.canary->revision + ") makes way for " + choice.target->version);
}

bool Machine::may_begin(const Target& target) const {
  if (is_paused(spec(), s) || (by_gateway(s) && gateway_changes(seen, facts))) return false;
  if (s.stable && s.stable->bake_until && finishes_first(target)) return false;
  return std::all_of(s.retired.begin(), s.retired.end(), [&](const RetiredStatus& r) { return r.revision == target.revision; });
}

// Somebody else than stable is wanted. In its bake, the old revision need not stay warm any longer; but where nobody of stable answers, the
// old one takes its place again, and the new one comes beside that (D31).
void Machine::clear_the_way(const Target& target) {
  if (!s.stable || finishes_first(target) || is_paused(spec(), s)) return;
  const std::string failed = s.stable->version + " (" + s.stable->revision + ")";
  if (facts.of(s.stable->revision).available == 0 && hand_back(kSuperseded)) {
    s.result = "Superseded";
    note("Superseded", failed + " has no ready pod and makes way for " + target.version + "; " + s.stable->version + " serves again");
    return;
  }
  s.stable->bake_until.reset();
  s.rules.reset();
}

// Its bake ended early for a newer version, which is gone again: without an end of it nobody would know how it did.
void Machine::bake_on() {
  if (!s.stable || s.stable->bake_until || (s.last_good && s.last_good->revision == s.stable->revision)) return;
  if (is_refused(s, s.stable->revision)) return;
  s.stable->bake_until = later(now(), bake_of(spec().rollout));
}

void Machine::begin() {
  if (s.canary || !choice.target) return;
  const Target& target = *choice.target;
  if (s.rollback && s.rollback->version != target.version) s.rollback.reset();  // the word does not hold any more
  const bool back = is_way_back(s, target.revision);
  if (back)
    std::erase_if(s.refused, [&](const RefusedStatus& r) {
      return r.revision == target.revision;
    });  // a person names a version, and its bytes may have been refused under another name
  if (s.deferred && s.deferred->revision != target.revision) s.deferred.reset();  // another is asked for
  if (s.stable && s.stable->revision == target.revision) {
    s.stable->version = target.version;  // the same bytes under a newer name need no rollout
    if (back) s.rollback->revision = target.revision;
    if (s.last_good && s.last_good->revision == target.revision) s.last_good->version = target.version;
    return;
  }
  if (s.deferred && now() < s.deferred->until) return;
  if (is_refused(s, target.revision)) return;  // in this very round: the next one chooses anew
  clear_the_way(target);
  if (!may_begin(target)) return;
  std::erase_if(s.retired, [&](const RetiredStatus& r) { return r.revision == target.revision; });
  s.deferred.reset();
  s.rollout_generation =
      spec().version.policy == Policy::Pinned || s.settled.generation != seen.service.meta.generation ? seen.service.meta.generation : 0;
  CanaryStatus canary{
      .version = target.version, .revision = target.revision, .steps = steps_for(spec(), s, target.revision), .started_at = now()};
  s.rules = rules_for(spec(), s, target.revision);
  s.analysis.clear();
  if (back) s.rollback->revision = target.revision;
  enter_step(canary, 0);
  s.canary = canary;
  note(s.stable ? "Canary" : "Deploying",
       target.version + " (" + target.revision + ") begins" + (s.stable ? " beside " + s.stable->version : ""));
}

}  // namespace millrace::inference_service
