#include "model_version/verification.h"

#include <algorithm>

#include "shared/labels.h"
#include "shared/look_up.h"
#include "shared/places.h"
#include "shared/reasons.h"
#include "shared/tries.h"

namespace millrace::model_version {
namespace {

using State = Verification::State;
namespace reason = shared::reason;

std::int64_t number_of(const kube::Job& job) { return shared::number_label(job.meta, shared::kVerifyLabel); }

// One word for the Job that is to be made and the one that works.
std::string compared(const Observed& seen) { return "the bytes are compared with " + seen.version.spec.artifact.digest; }

// No Job yet: the claim goes first, so that a Job that cannot start is not made.
Verification before_the_job(const Observed& seen) {
  Verification out{.state = State::Running, .reason = std::string(reason::kVerifying), .message = compared(seen), .job = 1};
  const std::string claim = shared::claim_of(seen.version.spec.artifact.uri);
  if (claim.empty()) return out;
  const auto looked = shared::look_up(seen.facts, {&kube::resources::kClaim, claim}, seen.version.meta.created, std::chrono::seconds(30));
  out.questions = {looked.question};
  if (looked.fact == nullptr || looked.is_absent()) out.job = 0;
  if (!looked.is_absent()) return out;
  out.state = State::NoClaim;
  out.reason = reason::kClaimNotFound;
  out.message = "claim " + claim + " is not there";
  return out;
}

// The digest that the verifier told, when its message says success.
bool told_success(const shared::Pods& pods) {
  for (const auto& pod : pods) {
    for (const kube::ContainerStatus& c : pod->status.containers) {
      if (c.state.terminated && c.state.terminated->exit_code == 0) return true;
    }
  }
  return false;
}

Verification failed(const Observed& seen, const kube::Job& job, const shared::Pods& pods) {
  const auto cause = shared::blame(pods, seen.now);
  if (cause && cause->blame == shared::Blame::Version) return {.state = State::Refused, .reason = cause->reason, .message = cause->message};
  const auto* condition = kube::find(job.status.conditions, "Failed");
  Verification out{.state = State::Waiting, .job = number_of(job)};
  out.reason = cause ? cause->reason : std::string(reason::kVerifyFailed);
  out.message = cause ? cause->message : "the verify Job ended without a word: " + (condition ? condition->message : "");
  out.retry_at = shared::next_try(job, shared::kVerifyLabel, seen.now);
  if (*out.retry_at > seen.now) return out;
  return {.state = State::Running,
          .reason = std::string(reason::kVerifying),
          .message = "the bytes are to be compared once more",
          .job = number_of(job) + 1};
}

Verification working(const Observed& seen, const kube::Job& job, const shared::Pods& pods) {
  Verification out{.state = State::Running, .reason = std::string(reason::kVerifying), .job = number_of(job)};
  out.message = compared(seen);
  shared::Progress going = shared::progress(job, pods, seen.facts, seen.now);
  if (going.hindrance) out.reason = going.hindrance->reason, out.message = going.hindrance->message;
  if (going.question) out.questions = {std::move(*going.question)};
  out.look_again = going.wake;
  return out;
}

}  // namespace

Verification verification_of(const Observed& seen) {
  if (is_of_run(seen.version.spec)) {
    return {.state = State::Published,
            .reason = std::string(reason::kPublished),
            .message = "the run computed the digest from the bytes that it published"};
  }
  if (kube::is_true(seen.version.status.conditions, "Verified")) {
    const auto* verified = kube::find(seen.version.status.conditions, "Verified");
    return {.state = State::Verified, .reason = verified->reason, .message = verified->message};
  }
  const kube::Job* job = shared::newest(seen.jobs, shared::kVerifyLabel);
  if (!job) return before_the_job(seen);
  const auto pods = shared::pods_of(*job, seen.pods);
  if (kube::is_true(job->status.conditions, "Complete") || told_success(pods)) {
    return {.state = State::Verified,
            .reason = std::string(reason::kVerified),
            .message = "the bytes are " + seen.version.spec.artifact.digest};
  }
  if (kube::is_true(job->status.conditions, "Failed")) return failed(seen, *job, pods);
  return working(seen, *job, pods);
}

}  // namespace millrace::model_version
