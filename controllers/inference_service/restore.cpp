#include "inference_service/restore.h"

#include <algorithm>
#include <cstdlib>

#include "inference_service/choose.h"
#include "inference_service/machine.h"
#include "inference_service/memory.h"
#include "shared/labels.h"

namespace millrace::inference_service {
namespace {

using Frozen = kube::ControllerRevision;

std::string revision_of(const Frozen& frozen) { return frozen.meta.label(shared::kRevisionLabel); }
std::string role_of(const Frozen& frozen) { return frozen.meta.annotation(shared::kRoleAnnotation); }

const Frozen* with_role(const Observed& seen, std::string_view role) {
  const Frozen* newest = nullptr;
  for (const auto& frozen : seen.revisions) {
    if (role_of(*frozen) == role && (newest == nullptr || frozen->revision > newest->revision)) newest = frozen.get();
  }
  return newest;
}

// Whom the entry points at; while it points at everybody, whose role says so. At its last step it points at a canary that nobody has
// promoted yet, and at a first one from its beginning.
const Frozen* stable_of(const Observed& seen, const Facts& facts) {
  const Frozen* by_role = with_role(seen, "stable");
  if (facts.entry.to != Pointer::To::Revision) return by_role;
  const Frozen* frozen = facts.of(facts.entry.revision).frozen;
  if (frozen == nullptr || role_of(*frozen) == "refused") return by_role;
  const bool comes = role_of(*frozen) == "canary" && (by_role != nullptr || facts.of(facts.entry.revision).available == 0);
  return comes ? by_role : frozen;
}

// "Bad@<time> <reason>: <message>" or "Good@<time>".
struct Past {
  bool good = false, bad = false;
  core::Instant at{};
  std::string reason{}, message{};
};
Past past_of(const Frozen& frozen) {
  const std::string text = frozen.meta.annotation(kVerdictAnnotation);
  const auto at = text.find('@');
  if (at == std::string::npos) return {};
  Past out{.good = text.starts_with("Good@"), .bad = text.starts_with("Bad@")};
  const auto space = text.find(' ', at);
  const auto size = space == std::string::npos ? space : space - at - 1;
  out.at = core::parse_rfc3339(std::string_view(text).substr(at + 1, size)).value_or(core::Instant{});
  if (space == std::string::npos) return out;
  const auto colon = text.find(": ", space);
  out.reason = text.substr(space + 1, colon == std::string::npos ? colon : colon - space - 1);
  if (colon != std::string::npos) out.message = text.substr(colon + 2);
  return out;
}

void restore_verdicts(const Observed& seen, Status& out) {
  for (const auto& frozen : seen.revisions) {
    const Past memory = past_of(*frozen);
    if (memory.bad) out.refused.push_back({version_of(*frozen), revision_of(*frozen), memory.reason, memory.message, memory.at});
    if (memory.good && (!out.last_good || memory.at > out.last_good->at)) {
      out.last_good = GoodStatus{version_of(*frozen), revision_of(*frozen), memory.at};
    }
  }
  for (const auto& version : seen.versions) {
    const Verdict verdict = verdict_of(*version, seen.service.meta.name);
    const auto known = [&](const RefusedStatus& r) { return r.revision == verdict.revision && r.version == version->meta.name; };
    if (verdict.verdict == "Bad" && std::none_of(out.refused.begin(), out.refused.end(), known)) {
      out.refused.push_back({version->meta.name, verdict.revision, "RefusedBefore", "it was refused by this service before", verdict.at});
    }
    if (verdict.verdict == "Good" && !out.last_good) out.last_good = GoodStatus{version->meta.name, verdict.revision, verdict.at};
  }
}

// Who serves, and whether it has ended its bake.
void restore_stable(const Observed& seen, const Facts& facts, Status& out) {
  const Frozen* stable = stable_of(seen, facts);
  if (stable == nullptr) return;
  const std::string revision = revision_of(*stable);
  const auto leaves = [&](const auto& r) { return r.revision == revision; };
  if ((out.canary && out.canary->revision == revision) || std::any_of(out.retired.begin(), out.retired.end(), leaves)) return;
  out.stable =
      StableStatus{.version = version_of(*stable), .revision = revision, .replicas = seen.service.spec.replicas, .since = seen.now};
  if (!out.last_good || out.last_good->revision != revision) {
    out.stable->bake_until = later(seen.now, bake_of(seen.service.spec.rollout));
    if (const auto course = read_course(*stable); course && !out.canary) out.rules = course->rules;
  }
  out.history.push_back(
      {seen.now, "Restored", "status did not say who serves: rebuilt from revisions and entry; " + out.stable->version + " is stable"});
}

void restore_canary(const Observed& seen, const Frozen& frozen, Status& out) {
  const std::string revision = revision_of(frozen);
  const auto course = read_course(frozen);
  const bool known = course && !course->steps.empty();
  CanaryStatus canary{.version = version_of(frozen), .revision = revision, .started_at = seen.now};
  canary.steps = known ? course->steps : steps_for(seen.service.spec, out, revision);
  place_at(canary, known ? course->step : 0);
  const auto released = read_memory(seen.entry.get()).released;
  if (released && released->revision == revision) canary.released = released->steps;
  out.rules = known ? course->rules : rules_for(seen.service.spec, out, revision);
  out.canary = std::move(canary);
}

// What else has pods is on its way out, or was the canary.
void restore_others(const Observed& seen, const Facts& facts, Status& out) {
  for (const auto& [name, revision] : facts.revisions) {
    if (revision.deployment == nullptr || (out.stable && out.stable->revision == name)) continue;
    const std::string version =
        revision.frozen ? version_of(*revision.frozen) : revision.deployment->meta.label(shared::kModelVersionLabel);
    const std::string role = revision.frozen ? role_of(*revision.frozen) : std::string();
    if (role == "canary") {
      restore_canary(seen, *revision.frozen, out);
      continue;
    }
    const std::int64_t count = revision.deployment->spec.replicas;
    const std::string_view reason = role == "refused" ? kRolledBack : kReplaced;
    out.retired.push_back({.version = version,
                           .revision = name,
                           .reason = std::string(reason),
                           .since = seen.now,
                           .from = std::max<std::int64_t>(1, count),
                           .replicas = count});
  }
}

// How the newest rollout ended, read from the numbers of the revisions: a refused one after stable, or others before it.
std::string last_result(const Observed& seen, const Status& status) {
  const auto number = [&](std::string_view revision) -> std::int64_t {
    for (const auto& frozen : seen.revisions) {
      if (revision_of(*frozen) == revision) return frozen->revision;
    }
    return 0;
  };
  const std::int64_t stable = number(status.stable->revision);
  for (const RefusedStatus& r : status.refused) {
    if (number(r.revision) > stable) return "RolledBack";
  }
  const auto older = [&](const auto& frozen) { return frozen->revision < stable && role_of(*frozen) != "refused"; };
  return std::any_of(seen.revisions.begin(), seen.revisions.end(), older) ? "Promoted" : "Serving";
}

// Somebody's hand may have cut into a status: what is left of it stands, but who serves and where a canary stands must be known.
void mend(const Observed& seen, const Facts& facts, Status& out) {
  if (out.canary && (out.canary->step < 0 || out.canary->step >= static_cast<std::int64_t>(out.canary->steps.size()))) {
    out.canary->steps = steps_for(seen.service.spec, out, out.canary->revision);
    place_at(*out.canary, 0);
  }
  if (!out.stable) restore_stable(seen, facts, out);
}

}  // namespace

Status restored(const Observed& seen, const Facts& facts) {
  Status out = seen.service.status;
  const bool empty = !out.stable && !out.canary && out.retired.empty() && out.refused.empty() && out.intents.empty();
  if (!empty) {
    mend(seen, facts, out);
    return out;
  }
  restore_verdicts(seen, out);
  const Memory memory = read_memory(seen.entry.get());
  out.paused = memory.paused;
  out.rollback = memory.rollback;
  restore_stable(seen, facts, out);
  restore_others(seen, facts, out);
  if (out.stable && !out.stable->bake_until) out.result = last_result(seen, out);
  return out;
}

}  // namespace millrace::inference_service
