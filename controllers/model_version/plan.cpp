#include "model_version/plan.h"

#include <algorithm>

#include "json/codec.h"
#include "model_version/approval.h"
#include "model_version/children.h"
#include "model_version/evaluation.h"
#include "model_version/leaving.h"
#include "model_version/registry.h"
#include "model_version/verdicts.h"
#include "model_version/verification.h"
#include "shared/conditions.h"
#include "shared/history.h"

namespace millrace::model_version {
namespace {

using shared::Saying;
using shared::Situation;
namespace reason = shared::reason;

// Where the version stands, in one value: everything that status says follows from it.
struct Standing {
  Phase phase = Phase::Pending;
  Situation situation = Situation::GoingOn;
  Saying why{};
  std::string result{};  // empty: not settled
  bool gates_judged = false;
};

// What was found out of the version, each by a chapter of its own.
struct Findings {
  Verification bytes{};
  Evaluating evaluation{};
  std::vector<GateVerdict> gates{};
  Registration registration{};
  std::vector<Serving> serving{};
};

std::string_view phase_name(Phase phase) { return kPhases[static_cast<int>(phase)].name; }

// What became of a version that is ready: every service that follows it has ended with it, or one has not (D6).
Standing ready(const Observed& seen, const std::vector<Serving>& serving) {
  Standing out{.phase = Phase::Ready, .situation = Situation::Done, .gates_judged = true};
  out.why = {std::string(reason::kReady), "ready to be served"};
  out.result = "Ready";
  const auto verdict_of = [&](const std::string& service) {
    const auto at = std::find_if(serving.begin(), serving.end(), [&](const Serving& s) { return s.service == service; });
    return at == serving.end() ? std::string("Untried") : at->verdict;
  };
  bool good = false, bad = false, passed_by = false;
  for (const ServiceFact& f : seen.services) {
    const std::string verdict = verdict_of(f.name);
    good |= verdict == "Good";
    bad |= verdict == "Bad";
    passed_by |= verdict == "Untried" && f.passed_by;
    if (f.follows && verdict == "Untried" && !f.passed_by) {
      out.situation = Situation::GoingOnByItself;
      out.why = {std::string(reason::kFollowed), "InferenceService " + f.name + " has not ended with it yet"};
      out.result.clear();
      return out;
    }
  }
  if (bad) out.why = {std::string(reason::kRolledBack), "a service turned it back"}, out.result = "RolledBack";
  if (!bad && good) out.why = {std::string(reason::kPromoted), "it took over"}, out.result = "Promoted";
  if (!bad && !good && passed_by) out.why = {std::string(reason::kSuperseded), "a later version took its place"}, out.result = "Superseded";
  return out;
}

Standing judged(const Observed& seen, const std::vector<GateVerdict>& gates, const std::vector<Serving>& serving) {
  if (!all_passed(gates)) {
    return {.phase = Phase::Rejected,
            .situation = Situation::Failed,
            .why = {std::string(reason::kGatesFailed), failures(gates)},
            .result = "Rejected",
            .gates_judged = true};
  }
  Consent consent = consent_of(seen.version.spec);
  switch (consent.word) {
    case Word::Awaited:
      return {.phase = Phase::AwaitingApproval, .why = std::move(consent.saying), .gates_judged = true};
    case Word::Refused:
      return {.phase = Phase::Rejected,
              .situation = Situation::Failed,
              .why = std::move(consent.saying),
              .result = "Rejected",
              .gates_judged = true};
    case Word::Given:
      break;
  }
  return ready(seen, serving);
}

Standing evaluated(const Observed& seen, const Findings& found) {
  const Evaluating& e = found.evaluation;
  switch (e.state) {
    case Evaluating::State::Done:
      break;
    case Evaluating::State::Running:
    case Evaluating::State::Waiting:
      return {.phase = Phase::Evaluating, .situation = Situation::GoingOn, .why = {e.reason, e.message}};
    case Evaluating::State::Refused:
      return {.phase = Phase::Rejected, .situation = Situation::Failed, .why = {e.reason, e.message}, .result = "Rejected"};
  }
  return judged(seen, found.gates, found.serving);
}

Standing standing_of(const Observed& seen, const Findings& found) {
  using State = Verification::State;
  const Verification& v = found.bytes;
  switch (v.state) {
    case State::Published:
    case State::Verified:
      return evaluated(seen, found);
    case State::NoClaim:
      return {.phase = Phase::Pending, .situation = Situation::NotThereYet, .why = {v.reason, v.message}};
    case State::Running:
    case State::Waiting:
      return {.phase = Phase::Verifying, .situation = Situation::GoingOn, .why = {v.reason, v.message}};
    case State::Refused:
      return {.phase = Phase::Rejected, .situation = Situation::Failed, .why = {v.reason, v.message}, .result = "Rejected"};
  }
  return {};
}

// Whatever else is known of it: no service takes it up.
Standing quarantined(const Spec& spec, Standing otherwise) {
  if (!spec.quarantine.active) return otherwise;
  return {.phase = Phase::Quarantined,
          .situation = Situation::Failed,
          .why = {std::string(reason::kQuarantined), quarantine_text(spec)},
          .result = "Quarantined",
          .gates_judged = otherwise.gates_judged};
}

Standing invalid(std::string message) {
  return {.phase = Phase::Rejected,
          .situation = Situation::Invalid,
          .why = {std::string(reason::kInvalid), std::move(message)},
          .result = "Invalid"};
}

bool holds(Verification::State state) { return state == Verification::State::Published || state == Verification::State::Verified; }

kube::Conditions conditions_of(const Observed& seen, const Findings& found, const Standing& standing) {
  const Verification& v = found.bytes;
  shared::Conditions out(seen.version.status.conditions, seen.version.meta.generation, seen.now);
  const bool accepted = standing.situation != Situation::Invalid && v.state != Verification::State::NoClaim;
  out.set("Accepted", accepted, accepted ? Saying{std::string(reason::kValid), "the spec is valid"} : standing.why);
  out.set("Verified", holds(v.state), {v.reason, v.message});
  if (!standing.gates_judged) {
    out.unknown("Validated", {std::string(reason::kPending), "not judged yet"});
  } else if (all_passed(found.gates)) {
    out.set("Validated", true, {std::string(reason::kGatesPassed), "every gate passed"});
  } else {
    out.set("Validated", false, {std::string(reason::kGatesFailed), failures(found.gates)});
  }
  const Consent consent = consent_of(seen.version.spec);
  out.set("Approved", consent.approved, consent.saying);
  const Registration& r = found.registration;
  const bool is_due = r.state != Registration::State::NotAsked && r.state != Registration::State::Held;
  if (is_due) {
    out.set("RegistrySynced", r.state == Registration::State::Synced, {r.reason, r.message});
  } else {
    out.unknown("RegistrySynced", {r.reason, r.message});
  }
  shared::Summary summary = shared::summary(standing.situation);
  if (standing.phase == Phase::Ready) summary.ready = true;
  out.set(summary, standing.why);
  return out.take();
}

Status status_of(const Observed& seen, const Findings& found, const Standing& standing) {
  Status out = seen.version.status;
  out.observed_generation = seen.version.meta.generation;
  out.phase = phase_name(standing.phase);
  out.message = standing.why.message;
  out.origin = found.bytes.state == Verification::State::Published ? "Run" : "Manual";
  out.verdict = summary_verdict(found.serving);
  out.score = score(seen.version.spec, numbers_of(seen.version.spec, found.evaluation.measured).metrics);
  out.gates = standing.gates_judged ? found.gates : std::vector<GateVerdict>{};
  out.measured = found.evaluation.measured;
  out.serving = found.serving;
  if (found.registration.told) out.registry = found.registration.told;
  const bool same = out.result == standing.result && seen.version.status.settled.result == standing.result;
  out.result = standing.result;
  if (standing.result.empty()) {
    out.settled = {};
  } else if (!same) {
    out.settled = {.generation = out.observed_generation, .version = seen.version.meta.name, .result = standing.result, .at = seen.now};
  }
  out.conditions = conditions_of(seen, found, standing);
  if (seen.version.status.phase != out.phase || seen.version.status.result != out.result) {
    shared::remember(out.history, seen.now, standing.why.reason, standing.why.message);
  }
  return out;
}

std::optional<core::Instant> earliest(std::initializer_list<std::optional<core::Instant>> all) {
  std::optional<core::Instant> out;
  for (const auto& t : all) {
    if (t && (!out || *t < *out)) out = t;
  }
  return out;
}

void find_out(const Observed& seen, const Judged& before, Findings& found) {
  const Spec& spec = seen.version.spec;
  const auto services = with_verdicts(seen.services, found.serving);
  found.bytes = verification_of(seen);
  if (holds(found.bytes.state)) found.evaluation = evaluation_of(seen, services, before);
  const std::vector<Measurement>& measured = found.evaluation.measured;
  found.gates = judge_gates(spec, numbers_of(spec, measured), with_measured(services, measured), before.gates);
}

// The version itself, only ever annotated: what status would lose (D21).
void remember(const Observed& seen, const std::vector<Serving>& serving, const Judged& judged, plan::Plan<Status>& out) {
  json::StringMap own;
  const auto note = [&](std::string_view name, std::string text) {
    if (text != seen.version.meta.annotation(name)) own[std::string(name)] = std::move(text);
  };
  note(kVerdictAnnotation, verdict_annotation(serving));
  if (std::string text = judged_annotation(seen.version.spec, judged); !text.empty()) note(kJudgedAnnotation, std::move(text));
  if (!own.empty()) out.children.push_back(own_annotations(seen.version, std::move(own)));
}

}  // namespace

plan::Plan<Status> plan(const Observed& seen, const shared::Settings& settings) {
  if (seen.version.meta.deleting()) return leave(seen, settings);
  Findings found{.serving = serving_of(seen)};
  const Judged before = judged_before(seen.version);
  found.evaluation.measured = before.measured;
  found.registration = registration_of(seen, false);
  if (const auto broken = json::violations(&seen.version.spec, Spec::schema, "spec"); !broken.empty()) {
    return {.status = status_of(seen, found, invalid(broken.front())), .finalizers = finalizers_of(seen)};
  }
  find_out(seen, before, found);
  Standing standing = quarantined(seen.version.spec, standing_of(seen, found));
  if (const auto trouble = shared::trouble(seen.refusals); trouble && standing.phase != Phase::Ready) {
    standing.situation = trouble->situation;
    standing.why = trouble->saying;
    standing.result = trouble->situation == Situation::Invalid ? "Invalid" : "";
  }
  found.registration = registration_of(seen, standing.phase == Phase::Ready);
  plan::Plan<Status> out{.status = status_of(seen, found, standing), .finalizers = finalizers_of(seen)};
  const Verification& v = found.bytes;
  const Evaluating& e = found.evaluation;
  if (v.state == Verification::State::Running && v.job > 0) out.children.push_back(verify_job(seen.version, v.job, settings));
  if (standing.phase == Phase::Evaluating && e.job > 0) out.children.push_back(evaluate_job(seen.version, e.job, e.champion, settings));
  const Registration& r = found.registration;
  if (r.state == Registration::State::Running)
    out.children.push_back(register_job(seen.version, r.job, numbers_of(seen.version.spec, e.measured), settings));
  out.deletes = old_register_jobs(seen);
  remember(seen, found.serving, {.gates = out.status->gates, .measured = out.status->measured}, out);
  out.questions = v.questions;
  out.questions.insert(out.questions.end(), e.questions.begin(), e.questions.end());
  out.questions.insert(out.questions.end(), r.questions.begin(), r.questions.end());
  out.wake = earliest({v.retry_at, v.look_again, e.retry_at, e.look_again, r.retry_at, r.look_again, shared::retry_at(seen.refusals)});
  return out;
}

}  // namespace millrace::model_version
