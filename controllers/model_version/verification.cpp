#include "model_version/verification.h"

#include <algorithm>
#include <charconv>

#include "core/backoff.h"
#include "json/value.h"
#include "shared/blame.h"
#include "shared/labels.h"
#include "shared/reasons.h"
#include "shared/store_uri.h"

namespace millrace::model_version {
namespace {

using State = Verification::State;
namespace reason = shared::reason;
constexpr std::chrono::seconds kSilence{30};

std::int64_t number_of(const kube::Job& job) {
  const std::string text = job.meta.label(shared::kVerifyLabel);
  std::int64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

const kube::Job* newest(const std::vector<kube::Job>& jobs) {
  const auto at = std::max_element(jobs.begin(), jobs.end(), [](const auto& a, const auto& b) { return number_of(a) < number_of(b); });
  return at == jobs.end() ? nullptr : &*at;
}

std::vector<const kube::Pod*> pods_of(const Observed& seen, const kube::Job& job) {
  std::vector<const kube::Pod*> out;
  for (const kube::Pod& pod : seen.pods) {
    if (pod.meta.controlled_by(job.meta.uid)) out.push_back(&pod);
  }
  return out;
}

std::optional<std::string> claim_of(const ModelVersion& version) {
  const auto uri = shared::parse_store_uri(version.spec.artifact.uri);
  const auto* pvc = uri ? std::get_if<shared::PvcUri>(&*uri) : nullptr;
  return pvc ? std::optional(pvc->claim) : std::nullopt;
}

const plan::Fact* fact_about(const Observed& seen, const auto& what) {
  for (const plan::Fact& f : seen.facts) {
    const auto* asked = std::get_if<std::decay_t<decltype(what)>>(&f.question.what);
    if (asked && *asked == what) return &f;
  }
  return nullptr;
}

plan::EventsOf events_of(const kube::Job& job, const std::vector<const kube::Pod*>& pods) {
  if (pods.empty()) return {&kube::resources::kJob, job.meta.name, job.meta.uid};
  return {&kube::resources::kPod, pods.front()->meta.name, pods.front()->meta.uid};
}

bool claim_is_absent(const Observed& seen) {
  const auto claim = claim_of(seen.version);
  if (!claim) return false;
  const plan::Fact* fact = fact_about(seen, plan::ObjectByName{&kube::resources::kClaim, *claim});
  const auto* found = fact ? std::get_if<plan::Found>(&fact->answer) : nullptr;
  return found && !found->exists;
}

bool claim_is_known(const Observed& seen) {
  const auto claim = claim_of(seen.version);
  return !claim || fact_about(seen, plan::ObjectByName{&kube::resources::kClaim, *claim});
}

// The digest that the verifier told, when its message says success.
bool told_success(const std::vector<const kube::Pod*>& pods) {
  for (const kube::Pod* pod : pods) {
    for (const kube::ContainerStatus& c : pod->status.containers) {
      if (c.state.terminated && c.state.terminated->exit_code == 0) return true;
    }
  }
  return false;
}

Verification failed(const Observed& seen, const kube::Job& job, const std::vector<const kube::Pod*>& pods) {
  const auto cause = shared::blame(pods, seen.now);
  if (cause && cause->blame == shared::Blame::Version) return {.state = State::Refused, .reason = cause->reason, .message = cause->message};
  const auto* condition = kube::find(job.status.conditions, "Failed");
  const core::Instant since = condition ? condition->last_transition : seen.now;
  const auto tries = static_cast<int>(number_of(job)) - 1;
  const auto delay = std::chrono::ceil<std::chrono::seconds>(core::backoff(std::chrono::minutes(1), std::chrono::minutes(15), tries));
  Verification out{.state = State::Waiting, .job = number_of(job)};
  out.reason = cause ? cause->reason : std::string(reason::kVerifyFailed);
  out.message = cause ? cause->message : "the verify Job ended without a word: " + (condition ? condition->message : "");
  out.retry_at = since + delay;
  if (*out.retry_at <= seen.now) return {.state = State::Running, .reason = std::string(reason::kVerifying), .job = number_of(job) + 1};
  return out;
}

Verification working(const Observed& seen, const kube::Job& job, const std::vector<const kube::Pod*>& pods) {
  Verification out{.state = State::Running, .reason = std::string(reason::kVerifying), .job = number_of(job)};
  out.message = "the bytes are compared with " + seen.version.spec.artifact.digest;
  if (const auto cause = shared::blame(pods, seen.now)) {
    out.reason = cause->reason;
    out.message = cause->message;
    return out;
  }
  const core::Instant silent_at = (pods.empty() ? job.meta.created : pods.front()->meta.created) + kSilence;
  if (silent_at > seen.now) {
    out.look_again = silent_at;
    return out;
  }
  const plan::Fact* fact = fact_about(seen, events_of(job, pods));
  const auto* sentence = fact ? std::get_if<plan::Sentence>(&fact->answer) : nullptr;
  if (sentence && !sentence->text.empty()) {
    out.reason = sentence->reason.empty() ? std::string(reason::kVerifying) : sentence->reason;
    out.message = sentence->text;
  }
  return out;
}

}  // namespace

Verification verification_of(const Observed& seen) {
  if (seen.version.spec.provenance && !seen.version.spec.provenance->training_job.empty()) {
    return {.state = State::Published,
            .reason = std::string(reason::kPublished),
            .message = "the run computed the digest from the bytes that it published"};
  }
  if (kube::is_true(seen.version.status.conditions, "Verified")) {
    const auto* verified = kube::find(seen.version.status.conditions, "Verified");
    return {.state = State::Verified, .reason = verified->reason, .message = verified->message};
  }
  const kube::Job* job = newest(seen.jobs);
  if (!job) {
    if (claim_is_absent(seen)) {
      return {.state = State::NoClaim,
              .reason = std::string(reason::kClaimNotFound),
              .message = "claim " + *claim_of(seen.version) + " is not there"};
    }
    const bool known = claim_is_known(seen);
    return {.state = State::Running,
            .reason = std::string(reason::kVerifying),
            .message = "the bytes are to be compared",
            .job = known ? 1 : 0};
  }
  const auto pods = pods_of(seen, *job);
  if (kube::is_true(job->status.conditions, "Complete") || told_success(pods)) {
    return {.state = State::Verified,
            .reason = std::string(reason::kVerified),
            .message = "the bytes are " + seen.version.spec.artifact.digest};
  }
  if (kube::is_true(job->status.conditions, "Failed")) return failed(seen, *job, pods);
  return working(seen, *job, pods);
}

std::vector<plan::Question> questions_of(const Observed& seen, const Verification& v) {
  std::vector<plan::Question> out;
  const kube::Job* job = newest(seen.jobs);
  // A known answer is asked again after a while, for as long as it hinders.
  const auto ask = [&](const auto& what, std::chrono::seconds again) {
    const plan::Fact* known = fact_about(seen, what);
    out.push_back({what, known ? known->answered + again : seen.version.meta.created});
  };
  const auto claim = claim_of(seen.version);
  if (claim && !job && (v.state == State::NoClaim || v.job == 0)) ask(plan::ObjectByName{&kube::resources::kClaim, *claim}, kSilence);
  if (job && v.state == State::Running && !v.look_again && v.job == number_of(*job))
    ask(events_of(*job, pods_of(seen, *job)), std::chrono::seconds(60));
  return out;
}

}  // namespace millrace::model_version
