// Chapter: which bytes does the spec mean? Claims are looked up by name; data is resolved by a Job of its own, never by the operator (D12).
#include <algorithm>
#include <set>

#include "core/backoff.h"
#include "shared/look_up.h"
#include "shared/places.h"
#include "training_job/draft.h"
#include "training_job/look.h"

namespace millrace::training_job {
namespace {

using shared::Situation;
namespace reason = shared::reason;

constexpr auto kFirstWait = std::chrono::seconds(10);
constexpr auto kLongestWait = std::chrono::minutes(10);
constexpr auto kLookAgain = std::chrono::seconds(30);

std::set<std::string> claims_of(const Spec& spec) {
  std::set<std::string> out;
  if (spec.output.store.pvc) out.insert(spec.output.store.pvc->claim_name);
  if (spec.checkpoint) out.insert(spec.checkpoint->pvc.claim_name);
  if (spec.workspace) out.insert(spec.workspace->claim_name);
  for (const DataSource& d : spec.data) out.insert(shared::claim_of(d.uri));
  out.erase("");
  return out;
}

void begin(Draft& d) {
  ResolveStatus& r = d.status.resolve;
  const bool again = r.asked == d.asked;
  r = {.number = r.number, .asked = d.asked, .since = d.seen.now, .failures = again ? r.failures : 0};
}

void told(Draft& d, const Resolution& found) {
  ResolveStatus& r = d.status.resolve;
  r.reason = found.reason;
  r.message = found.message;
  d.remember(reason::kResolveFailed, found.message);
}

bool waits(Draft& d) {
  ResolveStatus& r = d.status.resolve;
  if (d.seen.now >= r.next_at.value_or(d.seen.now)) return false;
  d.wake_at(r.next_at);
  d.tell(Phase::ResolvingData, Situation::GoingOn, reason::kResolveFailed, r.message + "; next try at " + core::to_rfc3339(*r.next_at));
  return true;
}

bool is_failed(Draft& d) {
  d.wake_at(d.status.resolve.next_at);  // who polls looks again
  d.tell(Phase::Failed, Situation::Failed, reason::kResolveFailed, d.status.resolve.reason + ": " + d.status.resolve.message);
  return false;
}

bool judged(Draft& d, const Resolution& found) {
  ResolveStatus& r = d.status.resolve;
  switch (found.state) {
    case Resolution::State::Resolved:
      d.status.data = found.data;
      d.status.code = found.code;
      r.outcome = "Resolved";
      r.reason = r.message = {};
      r.failures = 0;
      r.next_at.reset();
      return true;
    case Resolution::State::InputWrong:
      told(d, found);
      r.outcome = "Failed";
      if (const auto interval = poll_interval(d.spec); interval.count() > 0)
        r.next_at = d.seen.now + std::chrono::ceil<std::chrono::seconds>(interval);
      return is_failed(d);
    case Resolution::State::PlaceWrong:
      told(d, found);
      r.outcome = "Retry";
      r.next_at =
          d.seen.now + std::chrono::ceil<std::chrono::seconds>(core::backoff(kFirstWait, kLongestWait, static_cast<int>(r.failures)));
      ++r.failures;
      waits(d);
      return false;
    case Resolution::State::Going:
      break;
  }
  d.wake_at(found.wake);
  if (found.question) d.plan.questions.push_back(*found.question);
  d.hold = found.unknown;
  const bool waits = found.reason == reason::kResolvingData;
  d.tell(Phase::ResolvingData, Situation::GoingOn, reason::kResolvingData,
         waits ? found.message : "data is being resolved by Job " + r.job);
  if (!waits && !found.reason.empty()) d.tell_hindered(Phase::ResolvingData, found.reason, "data cannot be resolved: " + found.message);
  return false;
}

}  // namespace

bool claims_exist(Draft& d) {
  bool answered = true;
  std::string missing, unreachable;
  for (const std::string& name : claims_of(d.spec)) {
    const auto first = std::chrono::floor<std::chrono::minutes>(d.seen.now);
    const auto claim = shared::look_up(d.seen.facts, {&kube::resources::kClaim, name}, first, kLookAgain);
    d.plan.questions.push_back(claim.question);
    if (claim.is_absent() && missing.empty()) missing = name;
    if (claim.fact && !claim.found) unreachable = name;
    answered &= claim.found != nullptr;
  }
  if (!missing.empty()) {
    d.not_accepted = shared::Saying{std::string(reason::kClaimNotFound),
                                    "PersistentVolumeClaim " + missing + " does not exist in namespace " + d.job().meta.ns};
    d.tell(Phase::Pending, Situation::NotThereYet, reason::kClaimNotFound, d.not_accepted->message);
    return false;
  }
  if (answered) return true;
  d.hold = unreachable.empty();
  d.tell(Phase::Pending, Situation::GoingOn, reason::kPending, "the claims that it names are looked up");
  return false;
}

bool resolve(Draft& d) {
  ResolveStatus& r = d.status.resolve;
  if (d.spec.data.empty() && !d.spec.code) {
    if (!claims_exist(d)) return false;
    d.status.data.clear();
    d.status.code.reset();
    r = {.number = r.number, .asked = d.asked, .outcome = "Resolved"};
    return true;
  }
  if (r.asked != d.asked) {
    if (!claims_exist(d)) return false;
    begin(d);
  } else if (r.outcome == "Resolved") {
    return true;
  } else if (r.outcome == "Failed") {
    if (d.seen.now < r.next_at.value_or(d.seen.now + kLookAgain)) return is_failed(d);
    begin(d);
  } else if (r.outcome == "Retry") {
    if (waits(d)) return false;
    begin(d);
  }
  return judged(d, look(d, r));
}

}  // namespace millrace::training_job
