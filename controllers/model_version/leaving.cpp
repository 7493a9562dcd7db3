#include "model_version/leaving.h"

#include <algorithm>
#include <optional>

#include "model_version/children.h"
#include "model_version/verdicts.h"
#include "shared/conditions.h"
#include "shared/history.h"
#include "shared/labels.h"
#include "shared/places.h"
#include "shared/tries.h"

namespace millrace::model_version {
namespace {

namespace reason = shared::reason;

constexpr std::int64_t kMostTries = 10;

struct Leaving {
  enum class State {
    InUse,    // services use it
    Working,  // its bytes go
    Over      // nothing is left to do, or nothing can be done
  };
  State state = State::Over;
  std::string reason{}, message{};  // empty: nothing to say
  std::int64_t job = 0;             // Working: the number of the Job to have
  std::vector<plan::Question> questions{};
  std::optional<core::Instant> wake{};
};
using State = Leaving::State;

std::int64_t number_of(const kube::Job& job) { return shared::number_label(job.meta, shared::kDeleteLabel); }

Leaving over(std::string_view why, std::string message) {
  return {.state = State::Over, .reason = std::string(why), .message = std::move(message)};
}

Leaving given_up(const Observed& seen, const std::string& why) {
  return over(reason::kBytesLeft, "the bytes stay at " + seen.version.spec.artifact.uri + ": " + why);
}

Leaving working(std::int64_t job, std::string message) {
  return {.state = State::Working, .reason = std::string(reason::kDeleting), .message = std::move(message), .job = job};
}

// No Job yet: where the claim is gone, so are the bytes, and no pod could ever mount it.
Leaving before_the_job(const Observed& seen) {
  Leaving out = working(1, "its bytes are to be deleted");
  const std::string claim = shared::claim_of(seen.version.spec.artifact.uri);
  if (claim.empty()) return out;
  const plan::ObjectByName what{&kube::resources::kClaim, claim};
  const plan::Fact* fact = shared::find_fact(seen.facts, what);
  const auto* found = fact ? std::get_if<plan::Found>(&fact->answer) : nullptr;
  if (found != nullptr && !found->exists) return over(reason::kDeleted, "claim " + claim + " is not there any more, nor are its bytes");
  // What was known before the deletion is no answer.
  out.questions = {{what, seen.version.meta.deletion.value_or(seen.now)}};
  if (fact == nullptr || fact->question.at < out.questions[0].at) out.job = 0;
  return out;
}

Leaving failed(const Observed& seen, const kube::Job& job, const shared::Pods& pods) {
  const auto cause = shared::blame(pods, seen.now);
  const auto* condition = kube::find(job.status.conditions, "Failed");
  const std::string why = cause ? cause->reason + ": " + cause->message : condition ? condition->message : "the Job ended without a word";
  if (number_of(job) >= kMostTries) return given_up(seen, why);
  const core::Instant again = shared::next_try(job, shared::kDeleteLabel, seen.now);
  if (again <= seen.now) return working(number_of(job) + 1, "its bytes are to be deleted, once more");
  Leaving out = working(number_of(job), why);
  out.reason = reason::kDeleteFailed;
  out.wake = again;
  return out;
}

Leaving going_on(const Observed& seen, const kube::Job& job, const shared::Pods& pods) {
  Leaving out = working(number_of(job), "its bytes are being deleted");
  shared::Progress going = shared::progress(job, pods, seen.facts, seen.now);
  if (going.hindrance) out.reason = going.hindrance->reason, out.message = going.hindrance->message;
  if (going.question) out.questions = {std::move(*going.question)};
  out.wake = going.wake;
  return out;
}

// A refused Job: in a namespace that goes none can be made, now or later.
Leaving refused(const Observed& seen, Leaving otherwise) {
  if (otherwise.state != State::Working || otherwise.job == 0) return otherwise;
  for (const plan::Refusal& r : seen.refusals) {
    if (!r.kind || *r.kind != kube::resources::kJob || r.name != delete_job_name(seen.version, otherwise.job)) continue;
    const bool namespace_goes = r.code == 403 && r.message.find("because it is being terminated") != std::string::npos;
    if (namespace_goes) return given_up(seen, "the namespace is being deleted, no Job can be made there");
    if (r.times >= kMostTries) return given_up(seen, r.message);
    shared::Saying saying = shared::trouble_of(r).saying;
    otherwise.reason = std::move(saying.reason);
    otherwise.message = std::move(saying.message);
  }
  return otherwise;
}

Leaving bytes_of(const Observed& seen) {
  const kube::Job* job = shared::newest(seen.deletes, shared::kDeleteLabel);
  if (job == nullptr) return before_the_job(seen);
  const auto pods = shared::pods_of(*job, seen.pods);
  if (kube::is_true(job->status.conditions, "Complete")) return over(reason::kDeleted, "its bytes are deleted");
  if (kube::is_true(job->status.conditions, "Failed")) return failed(seen, *job, pods);
  return going_on(seen, *job, pods);
}

Leaving leaving_of(const Observed& seen) {
  const ModelVersion& version = seen.version;
  if (std::string users = users_of(seen); !users.empty()) {
    return {.state = State::InUse, .reason = std::string(reason::kInUse), .message = "its deletion waits: " + std::move(users)};
  }
  const bool with_bytes = version.spec.deletion_policy == DeletionPolicy::Delete && has_finalizer(version.meta, kArtifactFinalizer);
  if (!with_bytes) return {};
  if (!seen.sharing.empty()) return over(reason::kBytesKept, "ModelVersion " + seen.sharing + " names these bytes too: they stay");
  return refused(seen, bytes_of(seen));
}

// Its phase stays: whoever serves it goes on.
Status status_of(const Observed& seen, const Leaving& leaving) {
  Status out = seen.version.status;
  out.observed_generation = seen.version.meta.generation;
  out.message = leaving.message;
  out.result.clear();
  out.settled = {};
  out.serving = serving_of(seen);
  shared::Conditions four(seen.version.status.conditions, out.observed_generation, seen.now);
  four.set(shared::summary(shared::Situation::GoingOn), {leaving.reason, leaving.message});
  for (kube::Condition& c : four.take()) {
    const auto same = std::find_if(out.conditions.begin(), out.conditions.end(), [&](const auto& o) { return o.type == c.type; });
    if (same == out.conditions.end()) {
      out.conditions.push_back(std::move(c));
    } else {
      *same = std::move(c);
    }
  }
  const auto* before = kube::find(seen.version.status.conditions, "Ready");
  if (before == nullptr || before->reason != leaving.reason) shared::remember(out.history, seen.now, leaving.reason, leaving.message);
  return out;
}

}  // namespace

std::string users_of(const Observed& seen) {
  std::string out;
  for (const ServiceFact& service : seen.services) {
    // Of a service whose status is lost nobody knows: what was held stays held until it is rebuilt.
    const bool unknown = service.holds == "Unknown";
    if (service.holds.empty() || (unknown && !has_finalizer(seen.version.meta, kInUseFinalizer))) continue;
    out += (out.empty() ? "InferenceService " : "; InferenceService ") + service.name;
    out += unknown ? " has not told yet what it uses" : " has it as " + service.holds;
  }
  return out;
}

std::vector<plan::Finalizer> finalizers_of(const Observed& seen) {
  return {{std::string(kInUseFinalizer), !users_of(seen).empty()},
          {std::string(kArtifactFinalizer), seen.version.spec.deletion_policy == DeletionPolicy::Delete}};
}

plan::Plan<Status> leave(const Observed& seen, const shared::Settings& settings) {
  const kube::ObjectMeta& meta = seen.version.meta;
  if (!has_finalizer(meta, kInUseFinalizer) && !has_finalizer(meta, kArtifactFinalizer)) return {};
  const Leaving leaving = leaving_of(seen);
  plan::Plan<Status> out;
  if (!leaving.reason.empty()) out.status = status_of(seen, leaving);
  const bool with_bytes = seen.version.spec.deletion_policy == DeletionPolicy::Delete;
  out.finalizers = {{std::string(kInUseFinalizer), leaving.state == State::InUse},
                    {std::string(kArtifactFinalizer), leaving.state != State::Over && with_bytes}};
  if (leaving.state == State::Working && leaving.job > 0) out.children = {delete_job(seen.version, leaving.job, settings)};
  out.questions = leaving.questions;
  out.wake = leaving.wake;
  if (const auto retry = shared::retry_at(seen.refusals); retry && (!out.wake || *retry < *out.wake)) out.wake = retry;
  return out;
}

}  // namespace millrace::model_version
