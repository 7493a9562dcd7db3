// Chapter: an attempt has published, but nobody was told what: its message does not parse, or its pod is gone. A Job reads result.json from
// the store and tells the same; nothing is trained again (D14).
#include <algorithm>

#include "core/backoff.h"
#include "shared/labels.h"
#include "shared/tries.h"
#include "training_job/children.h"
#include "training_job/draft.h"

namespace millrace::training_job {
namespace {

using shared::Cause;
using shared::Situation;
namespace reason = shared::reason;

constexpr auto kFirstWait = std::chrono::seconds(10);
constexpr auto kLongestWait = std::chrono::minutes(10);
constexpr std::int64_t kInputExit = 10;

std::optional<Cause> cause_of(const shared::Pods& pods, core::Instant now) {
  for (const auto& pod : pods) {
    if (auto cause = shared::blame(*pod, now)) return cause;
  }
  return std::nullopt;
}

// What is not in the store, or makes no sense there, will not come. What the reader may not see is there all the same.
bool is_lost(const Cause& cause) { return cause.exit_code == kInputExit && cause.reason != "Unauthorized"; }

void lose(Draft& d, const std::string& why) {
  Judgement lost{.state = Judgement::State::Failed};
  lost.cause = Cause{.blame = shared::Blame::Place, .reason = std::string(reason::kResultLost), .message = why, .over = true};
  fail_attempt(d, job_of(d, d.run().job), lost);
}

void retry_later(Draft& d, const std::string& why) {
  RecoverStatus& r = d.run().recover;
  const auto wait = core::backoff(kFirstWait, kLongestWait, static_cast<int>(r.number) - 1);
  r.next_at = d.seen.now + std::chrono::ceil<std::chrono::seconds>(wait);
  r.message = why;
}

// After a wiped status the newest Job of this attempt is found again by its name.
void begin(Draft& d) {
  RecoverStatus& r = d.run().recover;
  std::int64_t number = r.number + 1;
  for (const auto& job : d.seen.jobs) {
    const std::int64_t other = number_label(job->meta, shared::kRecoverLabel);
    if (other > number && job->meta.name == recover_name(d.job(), d.run(), other)) number = other;
  }
  r = {.number = number, .job = recover_name(d.job(), d.run(), number)};
}

void ended(Draft& d, const kube::Job& job, core::Instant at) {
  constexpr auto kLag = std::chrono::seconds(30);  // pods' cache may be behind the Job's
  const shared::Pods pods = shared::pods_of(job, d.seen.pods);
  if (const std::string* message = shared::word_of(pods, "recover")) {
    if (const auto published = parse_published(*message)) return succeed(d, *published);
    return lose(d, "result.json does not tell what was published");
  }
  const auto cause = cause_of(pods, d.seen.now);
  if (cause && is_lost(*cause)) return lose(d, cause->message);
  if (!cause && d.seen.now < at + kLag) return d.wake_at(at + kLag);
  retry_later(d, cause ? cause->message : "no pod is left that tells what it read");
}

void look(Draft& d, const kube::Job& job) {
  if (const auto at = ended_at(job)) return ended(d, job, *at);
  const shared::Progress going = shared::progress(job, shared::pods_of(job, d.seen.pods), d.seen.facts, d.seen.now);
  d.wake_at(going.wake);
  if (going.question) d.plan.questions.push_back(*going.question);
  d.hold = going.unknown;
  if (!going.hindrance || going.hindrance->over) return;
  if (going.hindrance->reason == reason::kNodeLost) return retry_later(d, going.hindrance->message);
  d.tell_hindered(Phase::Running, going.hindrance->reason, name_of(d.run()) + ": its result cannot be read: " + going.hindrance->message);
}

}  // namespace

void recover(Draft& d) {
  RecoverStatus& r = d.run().recover;
  if (r.number == 0 || (r.next_at && d.seen.now >= *r.next_at)) begin(d);
  d.tell(Phase::Running, Situation::GoingOn, reason::kRecovering,
         name_of(d.run()) + " has published; Job " + r.job + " reads from the store what");
  if (!r.next_at) {
    const kube::Job* job = job_of(d, r.job);
    if (job == nullptr) return d.plan.children.push_back(recover_job(d.job(), d.run(), promised(d), d.settings));
    look(d, *job);
  }
  if (d.run().state != "Recovering" || !r.next_at) return;
  d.wake_at(r.next_at);
  d.tell(
      Phase::Running, Situation::GoingOn, reason::kRecovering,
      name_of(d.run()) + " has published, but its result cannot be read; next try at " + core::to_rfc3339(*r.next_at) + ": " + r.message);
}

}  // namespace millrace::training_job
