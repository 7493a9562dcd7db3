#include "inference_service/route.h"

#include <algorithm>

#include "inference_service/machine.h"

namespace millrace::inference_service {
namespace {

Pointer at(std::string_view revision) { return {Pointer::To::Revision, std::string(revision)}; }
constexpr auto kEverybody = Pointer::To::Everybody;

// Somebody answers where the entry points now, and it is somebody who may.
bool answers(const Pointer& pointer, const Status& status, const Facts& facts) {
  if (pointer.to != Pointer::To::Revision) return false;
  if (status.stable && status.stable->revision == pointer.revision) return true;
  const bool known =
      std::any_of(status.retired.begin(), status.retired.end(), [&](const RetiredStatus& r) { return r.revision == pointer.revision; });
  return known && status.stable && facts.of(pointer.revision).available > 0;
}

// Exactly two revisions have pods: the stable one and the canary.
bool may_split(const Status& status, const Facts& facts) {
  if (!status.stable || !status.canary || !status.retired.empty()) return false;
  for (const auto& [name, revision] : facts.revisions) {
    if (!revision.pods.empty() && name != status.stable->revision && name != status.canary->revision) return false;
  }
  return true;
}

std::optional<Pointer> for_canary(const Status& status, const Facts& facts) {
  const CanaryStatus& canary = *status.canary;
  const std::int64_t here = facts.of(canary.revision).available;
  if (here == 0) return std::nullopt;
  const bool last = canary.weight >= 100;
  if (last && (here >= canary.replicas || facts.entry == at(canary.revision))) return at(canary.revision);
  const bool split = facts.entry.to == kEverybody;
  if (may_split(status, facts) && (split || (!last && here >= canary.replicas))) return Pointer{kEverybody, {}};
  return std::nullopt;
}

}  // namespace

Pointer wanted_pointer(const Status& status, const Facts& facts) {
  if (status.canary) {
    if (const auto pointer = for_canary(status, facts)) return *pointer;
  }
  if (!status.stable) return {};
  if (facts.of(status.stable->revision).available > 0) return at(status.stable->revision);
  for (const RetiredStatus& r : status.retired) {  // the old one, as long as it is warm
    if (r.reason == kReplaced && facts.of(r.revision).available > 0) return at(r.revision);
  }
  return answers(facts.entry, status, facts) ? facts.entry : at(status.stable->revision);
}

bool converged_on(const Facts& facts, std::string_view revision) { return facts.entry == at(revision) && facts.only(revision); }

}  // namespace millrace::inference_service
