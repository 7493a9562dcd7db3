#include <algorithm>

#include "core/text.h"
#include "inference_service/machine.h"
#include "inference_service/route.h"
#include "inference_service/share.h"
#include "shared/history.h"

namespace millrace::inference_service {

void Machine::note(std::string reason, std::string message) {
  shared::remember(s.history, now(), std::move(reason), core::cut(message, 400));
}

void Machine::retire(std::string version, std::string revision, std::int64_t count, std::string_view reason) {
  s.retired.push_back({.version = std::move(version),
                       .revision = std::move(revision),
                       .reason = std::string(reason),
                       .since = now(),
                       .from = count,
                       .replicas = count});
}

void Machine::refuse(const std::string& version, const std::string& revision, const shared::Cause& cause) {
  s.refused.push_back({version, revision, cause.reason, core::cut(cause.message, 600), now()});
  if (s.refused.size() > kMostRefused) s.refused.erase(s.refused.begin());
}

// Nobody sends to it any more, observed → no route names it, observed → drain → smaller → gone.
void Machine::leave_one(RetiredStatus& r) {
  if (may_receive(facts, r.revision)) {
    r.cleared_at.reset();
    return;
  }
  const bool seen_by_gateways = !facts.route.exists || facts.route.current;
  if (!seen_by_gateways) return;
  if (!r.cleared_at) r.cleared_at = now();
  const bool warm = r.reason == kReplaced && s.stable && s.stable->bake_until.has_value();
  if (warm || facts.route.lists(r.revision) || r.replicas == 0 || now() < later(*r.cleared_at, spec().rollout.drain)) return;
  if (r.reason != kReplaced) {
    r.replicas = 0;
    return;
  }
  if (r.shrunk_at && now() < *r.shrunk_at + kShrinkEvery) return;
  r.replicas = shrunk(r.replicas, r.from);
  r.shrunk_at = now();
}

void Machine::leave() {
  for (RetiredStatus& r : s.retired) leave_one(r);
  std::erase_if(s.retired, [&](const RetiredStatus& r) { return r.replicas == 0 && facts.of(r.revision).gone(); });
  // A canary that never got a pod has nothing to drain.
  std::erase_if(s.retired, [&](const RetiredStatus& r) { return r.reason != kReplaced && facts.of(r.revision).gone(); });
}

void Machine::end_bake() {
  StableStatus& stable = *s.stable;
  stable.bake_until.reset();
  stable.hold.reset();
  s.rules.reset();
  const bool by_word = is_way_back(s, stable.revision);
  // A bake that went on after a newer version failed leaves the verdict on that.
  if (s.result.empty()) s.result = by_word ? "RolledBack" : s.last_good ? "Promoted" : "Serving";
  s.last_good = GoodStatus{stable.version, stable.revision, now()};
  note(by_word ? "Serving" : s.result,
       stable.version + " (" + stable.revision + ") serves" + (s.result == "Promoted" ? "; its bake is over" : ""));
}

// The old revision, while it is still warm, is stable again, and the new one leaves for `reason`. False: nobody is warm.
bool Machine::hand_back(std::string_view reason) { return hand_back_to({}, reason); }

bool Machine::hand_back_to(std::string_view version, std::string_view reason) {
  const auto warm = std::find_if(s.retired.begin(), s.retired.end(), [&](const RetiredStatus& r) {
    const bool wanted = version.empty() || r.version == version;
    return wanted && r.reason == kReplaced && facts.of(r.revision).available > 0 && r.replicas > 0;
  });
  if (warm == s.retired.end()) return false;
  const StableStatus failed = *s.stable;
  s.stable = StableStatus{.version = warm->version, .revision = warm->revision, .since = now()};
  s.retired.erase(warm);
  retire(failed.version, failed.revision, failed.replicas, reason);
  s.rules.reset();
  bake_on();
  return true;
}

// The new stable fails by its own doing while the old one is still warm: the entry goes back.
bool Machine::take_back(const shared::Cause& cause) {
  const StableStatus failed = *s.stable;
  if (!hand_back(kRolledBack)) return false;
  refuse(failed.version, failed.revision, cause);
  s.result = "RolledBack";
  note("RolledBack", failed.version + " failed in its bake: " + cause.message + "; " + s.stable->version + " serves again");
  return true;
}

// What requests show of the new stable revision, against what the old one did before. True: it has been taken back, or a person is needed.
bool Machine::is_sick_in_bake() {
  const auto found = findings_of(seen, s);
  if (found) s.analysis = found->entries;
  if (!found || found->verdict != Findings::Verdict::Failed) return s.stable->hold.has_value();
  const shared::Cause cause{.reason = std::string(kAnalysisFailed), .message = found->metric + ": " + found->why};
  if (spec().rollout.on_failure == OnFailure::Rollback && take_back(cause)) return true;
  if (s.stable->hold) return true;
  note(cause.reason, s.stable->version + " does not end its bake: " + cause.message);
  s.stable->hold = Hold{cause.reason, cause.message, now()};
  return true;
}

void Machine::bake() {
  if (!s.stable || !s.stable->bake_until || s.canary) return;
  const Revision& here = facts.of(s.stable->revision);
  if (here.cause && here.cause->blame == shared::Blame::Version && here.available < spec().replicas) {
    take_back(*here.cause);
    return;
  }
  if (is_sick_in_bake() || is_paused(spec(), s)) return;
  if (now() >= *s.stable->bake_until && here.available >= spec().replicas && converged_on(facts, s.stable->revision)) end_bake();
}

}  // namespace millrace::inference_service
