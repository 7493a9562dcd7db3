#include "inference_service/choose.h"

#include <algorithm>

#include "core/text.h"
#include "inference_service/champion.h"
#include "inference_service/offered.h"
#include "shared/reasons.h"
#include "shared/store_uri.h"

namespace millrace::inference_service {
namespace {

using Version = model_version::ModelVersion;

bool is_ready(const Version& v) { return v.status.phase == "Ready" && !v.meta.deleting(); }

bool is_withdrawn(const Version& v) { return v.status.phase == "Rejected" || v.status.phase == "Quarantined"; }

// Who serves stays wanted, whatever became of its version: nobody newer is there. Who comes already does so while it is judged again (D21).
bool stays_wanted(const Version& v, const Status& status) {
  if (status.stable && status.stable->version == v.meta.name) return true;
  const bool comes = status.canary && status.canary->version == v.meta.name;
  return comes && !is_withdrawn(v) && v.status.phase != "AwaitingApproval" && !v.meta.deleting();
}

// Latest takes what a TrainingJob made; a version made by hand after a person approved it (D9).
bool is_for_latest(const Version& v) { return v.status.origin == "Run" || is_approved(v.spec); }

// The memory of a refusal is written by another controller: a person's word may be newer.
bool was_retried(const Status& status, const Version& v, const Verdict& verdict) {
  const auto after = [&](const IntentStatus& i) {
    const bool asks = i.verb == "retry" || i.verb == "rollback";
    return asks && i.outcome == "Done" && i.version == v.meta.name && i.at >= verdict.at;
  };
  return std::any_of(status.intents.begin(), status.intents.end(), after);
}

// What was refused before status forgot it.
bool was_bad(const Version& v, const Observed& seen, const Status& status, const Target& target) {
  const Verdict verdict = verdict_of(v, seen.service.meta.name);
  const bool bad = verdict.verdict == "Bad" && (verdict.revision.empty() || verdict.revision == target.revision);
  return bad && !was_retried(status, v, verdict);
}

// Not servable at all: nullopt when it is.
std::optional<Choice> unfit(const Observed& seen, const Version& v) {
  const model_version::Artifact& artifact = v.spec.artifact;
  if (const auto uri = shared::parse_store_uri(artifact.uri); !uri) {
    return impossible(shared::reason::kInvalid, "ModelVersion " + v.meta.name + ": spec.artifact.uri: " + uri.error().message);
  }
  if (runtime_for(seen.service.spec.runtime, artifact.format) != nullptr) return std::nullopt;
  return impossible("NoRuntime", "spec.runtime: no runtime loads format " + core::one_token(artifact.format) + " of ModelVersion " +
                                     v.meta.name + "; formats: " + formats_of(seen.service.spec.runtime));
}

// A refused revision as status has it; where it does not: refused under another version's name, or before status forgot.
RefusedStatus refusal_of(const Observed& seen, const Status& status, const Version& v, const Target& target) {
  const RefusedStatus* same = nullptr;
  for (const RefusedStatus& r : status.refused) {
    if (r.revision != target.revision) continue;
    if (r.version == v.meta.name) return r;
    if (same == nullptr) same = &r;
  }
  if (same != nullptr)
    return {v.meta.name, target.revision, same->reason, "same bytes as " + same->version + ": " + same->message, seen.now};
  return {v.meta.name, target.revision, "RefusedBefore", "it was refused by this service before", seen.now};
}

void note_refused(const Observed& seen, const Status& status, const Version& v, const Target& target, Choice& out) {
  RefusedStatus entry = refusal_of(seen, status, v, target);
  const bool known = std::find(status.refused.begin(), status.refused.end(), entry) != status.refused.end();
  // A full list drops its oldest for what is refused now, not for what was: that would push another out in turn.
  if (!known && status.refused.size() + out.same_bytes.size() < kMostRefused) out.same_bytes.push_back(entry);
  if (!out.refused) out.refused = std::move(entry);
}

Choice choose_pinned(const Observed& seen, const Status& status, const shared::Settings& settings) {
  const Spec& spec = seen.service.spec;
  const Version* v = find_version(seen, spec.version.name);
  if (v == nullptr) {
    Choice out = refusal(shared::reason::kModelVersionNotFound, "spec.version.name: ModelVersion " + spec.version.name + " does not exist");
    out.not_there = true;
    return out;
  }
  if (v->spec.model != spec.model) {
    return impossible(shared::reason::kInvalid,
                      "spec.version.name: ModelVersion " + v->meta.name + " is of model " + v->spec.model + ", not " + spec.model);
  }
  const bool wanted = stays_wanted(*v, status);
  if (is_withdrawn(*v) && !wanted) {
    const bool quarantined = v->status.phase == "Quarantined";
    Choice out = refusal(quarantined ? shared::reason::kQuarantined : shared::reason::kVersionRejected,
                         "ModelVersion " + v->meta.name + " is " + (quarantined ? "" : "rejected: ") + v->status.message);
    out.rejected = true;
    return out;
  }
  if (!is_ready(*v) && !wanted) {
    const std::string why = v->status.message.empty() ? std::string() : ": " + v->status.message;
    Choice out = refusal("ModelVersionNotReady", "ModelVersion " + v->meta.name + " is not ready yet" + why);
    out.not_there = true;
    return out;
  }
  if (auto why = unfit(seen, *v)) return *why;
  if (auto why = not_compared_yet(seen, status, *v)) {
    Choice out = refusal("ModelVersionNotReady", std::move(*why));
    out.not_there = true;
    return out;
  }
  auto target = target_for(seen, *v, settings);
  Choice out;
  if (is_refused(status, target->revision) || was_bad(*v, seen, status, *target)) {
    note_refused(seen, status, *v, *target, out);
  } else {
    out.target = std::move(target);
  }
  return out;
}

std::vector<const Version*> candidates(const Observed& seen, const Status& status) {
  // Latest never goes back: when the version that serves is gone, an older one is no news.
  std::int64_t floor = 0;
  if (status.stable && find_version(seen, status.stable->version) == nullptr) {
    for (const auto& frozen : seen.revisions) {
      if (version_of(*frozen) == status.stable->version) floor = std::atoll(frozen->meta.annotation(kNumberAnnotation).c_str());
    }
  }
  std::vector<const Version*> out;
  for (const auto& v : seen.versions) {
    const bool ready = is_ready(*v) && is_for_latest(*v) && !not_compared_yet(seen, status, *v);
    const bool wanted = ready || stays_wanted(*v, status);
    if (v->spec.model == seen.service.spec.model && wanted && v->spec.version > floor) out.push_back(v.get());
  }
  std::sort(out.begin(), out.end(), [](const Version* a, const Version* b) {
    return a->spec.version != b->spec.version ? a->spec.version > b->spec.version : a->meta.name > b->meta.name;
  });
  return out;
}

// Without a stable revision a version that was good before goes first: newer ones then come by the canary's way (D21).
const Version* good_before(const Observed& seen, const std::vector<const Version*>& all) {
  for (const Version* v : all) {
    if (verdict_of(*v, seen.service.meta.name).verdict == "Good") return v;
  }
  return nullptr;
}

Choice choose_latest(const Observed& seen, const Status& status, const shared::Settings& settings) {
  auto all = candidates(seen, status);
  if (!status.stable && !status.canary) {
    if (const Version* good = good_before(seen, all)) all = {good};
  }
  Choice out;
  for (const Version* v : all) {
    if (auto why = unfit(seen, *v)) {
      if (out.reason.empty()) out.reason = why->reason, out.message = why->message, out.invalid = true;
      continue;
    }
    auto target = target_for(seen, *v, settings);
    if (!is_refused(status, target->revision) && !was_bad(*v, seen, status, *target)) {
      out.target = std::move(target);
      out.reason.clear();
      out.message.clear();
      out.invalid = false;
      return out;
    }
    note_refused(seen, status, *v, *target, out);
  }
  if (!out.reason.empty() || out.refused || status.stable) return out;
  out.not_there = true;
  out.reason = std::string(shared::reason::kModelVersionNotFound);
  out.message = "no version of model " + seen.service.spec.model + " that a TrainingJob made, or a person approved, is ready";
  return out;
}

// A person's word: this version, until a newer one than was known then is ready. nullopt: it does not hold any more.
std::optional<Target> by_word(const Observed& seen, const Status& status, const Choice& otherwise, const shared::Settings& settings) {
  if (!status.rollback) return std::nullopt;
  const Version* wanted = find_version(seen, status.rollback->version);
  if (wanted == nullptr || wanted->spec.model != seen.service.spec.model || unfit(seen, *wanted)) return std::nullopt;
  if (!is_ready(*wanted) && !stays_wanted(*wanted, status)) return std::nullopt;
  if (is_withdrawn(*wanted)) return std::nullopt;
  const Version* next = otherwise.target ? find_version(seen, otherwise.target->version) : nullptr;
  const bool on_its_way = status.canary && status.canary->version == status.rollback->version;
  if (!on_its_way && next != nullptr && next->spec.version > status.rollback->above) return std::nullopt;
  return target_for(seen, *wanted, settings);
}

std::string withdrawn_canary(const Observed& seen, const Status& status) {
  const Version* v = status.canary ? find_version(seen, status.canary->version) : nullptr;
  return v && is_withdrawn(*v) ? v->meta.name + " is " + (v->status.phase == "Rejected" ? "rejected: " : "") + v->status.message : "";
}

}  // namespace

bool is_refused(const Status& status, std::string_view revision) {
  return std::any_of(status.refused.begin(), status.refused.end(), [&](const RefusedStatus& r) { return r.revision == revision; });
}

const model_version::ModelVersion* find_version(const Observed& seen, std::string_view name) {
  const auto at = std::find_if(seen.versions.begin(), seen.versions.end(), [&](const auto& v) { return v->meta.name == name; });
  return at == seen.versions.end() ? nullptr : at->get();
}

Verdict verdict_of(const model_version::ModelVersion& version, std::string_view service) {
  const std::string memory = version.meta.annotation(model_version::kVerdictAnnotation);
  for (std::string_view entry : core::split(memory, ';')) {
    while (entry.starts_with(' ')) entry.remove_prefix(1);
    const auto equals = entry.find('='), at = entry.find('@');
    if (equals == std::string_view::npos || at == std::string_view::npos || at < equals || entry.substr(0, equals) != service) continue;
    const auto hash = entry.find('#', at);
    Verdict out{.verdict = std::string(entry.substr(equals + 1, at - equals - 1))};
    if (hash != std::string_view::npos) out.revision = entry.substr(hash + 1);
    out.at = core::parse_rfc3339(entry.substr(at + 1, hash == std::string_view::npos ? hash : hash - at - 1)).value_or(core::Instant{});
    return out;
  }
  return {};
}

Choice choose(const Observed& seen, const Status& status, const shared::Settings& settings) {
  if (auto why = not_offered(seen, settings)) {
    why->withdrawn = withdrawn_canary(seen, status);
    return *why;
  }
  const bool latest = seen.service.spec.version.policy == Policy::Latest;
  Choice out = latest ? choose_latest(seen, status, settings) : choose_pinned(seen, status, settings);
  if (auto target = by_word(seen, status, out, settings)) out.target = std::move(target);
  out.withdrawn = withdrawn_canary(seen, status);
  return out;
}

}  // namespace millrace::inference_service
