#include "shared/conditions.h"

#include <algorithm>

namespace millrace::shared {
namespace {

bool says(std::string_view text, std::string_view what) { return text.find(what) != std::string_view::npos; }

std::string_view reason_of(const plan::Refusal& r) {
  if (r.taken) return reason::kNameTaken;
  if (r.code == 413) return reason::kTooLarge;
  if (r.code == 422 || r.code == 400) return reason::kInvalid;
  if (says(r.message, "exceeded quota") || says(r.message, "failed quota")) return reason::kQuotaExceeded;
  if (says(r.message, "violates PodSecurity")) return reason::kPodSecurity;
  return reason::kForbidden;
}

}  // namespace

Summary summary(Situation situation, bool available, bool asked) {
  switch (situation) {
    case Situation::GoingOn:
      return {.reconciling = true};
    case Situation::GoingOnByItself:
      return {.ready = true};
    case Situation::Done:
      return {.ready = true, .settled = true};
    case Situation::RolledBack:
      return {.stalled = true, .settled = true};
    case Situation::RolledBackLatest:
      return {.ready = true, .settled = true};
    case Situation::NotThereYet:
      return {.reconciling = true};
    case Situation::Failed:
      return {.stalled = true, .settled = true};
    case Situation::FailedByItself:
      return {.ready = true, .settled = true};
    case Situation::WaitsForPlace:
      return {.ready = available, .reconciling = asked};
    case Situation::WriteRefused:
      return {.ready = available, .stalled = true};
    case Situation::Suspended:
      return {.ready = available, .settled = true};
    case Situation::Invalid:
      return {.stalled = true, .settled = true};
  }
  return {};
}

void Conditions::put(std::string_view type, std::string_view status, Saying saying) {
  kube::set(next_, before_,
            {.type = std::string(type),
             .status = std::string(status),
             .observed_generation = generation_,
             .reason = std::move(saying.reason),
             .message = std::move(saying.message)},
            now_);
}

void Conditions::set(const Summary& summary, const Saying& saying) {
  set("Ready", summary.ready, saying);
  set("Reconciling", summary.reconciling, saying);
  set("Stalled", summary.stalled, saying);
  set("Settled", summary.settled, saying);
}

Trouble trouble_of(const plan::Refusal& r) {
  const std::string_view why = reason_of(r);
  const bool final = why == reason::kNameTaken || why == reason::kInvalid || why == reason::kTooLarge;
  std::string message = r.message;
  if (!says(message, r.name)) message = std::string(r.kind ? r.kind->kind : "object") + " " + r.name + ": " + message;
  return {.situation = final ? Situation::Invalid : Situation::WriteRefused, .saying = {std::string(why), std::move(message)}};
}

std::optional<Trouble> trouble(const std::vector<plan::Refusal>& refusals) {
  const auto graver = [](const plan::Refusal& a, const plan::Refusal& b) {
    const bool fa = trouble_of(a).situation == Situation::Invalid, fb = trouble_of(b).situation == Situation::Invalid;
    return fa != fb ? fb : a.at < b.at;
  };
  const auto it = std::max_element(refusals.begin(), refusals.end(), graver);
  if (it == refusals.end()) return std::nullopt;
  return trouble_of(*it);
}

std::optional<core::Instant> retry_at(const std::vector<plan::Refusal>& refusals) {
  std::optional<core::Instant> first;
  for (const plan::Refusal& r : refusals) first = first ? std::min(*first, plan::retry_at(r)) : plan::retry_at(r);
  return first;
}

}  // namespace millrace::shared
