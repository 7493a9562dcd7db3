// Chapter: does the data of the newest run still hold? A look each pollInterval; one that fails disturbs nothing (D12).
#include "core/hash.h"
#include "training_job/draft.h"
#include "training_job/look.h"

namespace millrace::training_job {
namespace {

namespace reason = shared::reason;

constexpr auto kLongest = std::chrono::hours(1);  // between two looks after failures

// Ten per cent earlier or later, so that many TrainingJobs do not look at once.
core::Duration jittered(core::Duration interval, const std::string& seed) {
  const std::string hex = core::sha256_hex(seed).substr(0, 4);
  const auto at = std::stol(hex, nullptr, 16);  // 0 … 65535
  return interval - interval / 10 + interval * at / 65535 / 5;
}

void schedule(Draft& d, core::Duration interval) {
  ResolveStatus& p = d.status.poll;
  core::Duration wait = interval;
  for (std::int64_t i = 0; i < p.failures && wait < kLongest; ++i) wait *= 2;
  if (p.failures > 0 && wait > kLongest) wait = std::max<core::Duration>(interval, kLongest);
  p.outcome = "Retry";
  p.job.clear();
  p.since.reset();
  p.next_at = d.seen.now + std::chrono::ceil<std::chrono::seconds>(jittered(wait, d.job().meta.uid + core::to_rfc3339(d.seen.now)));
  d.wake_at(p.next_at);
}

bool is_other(const std::vector<DataStatus>& a, const std::vector<DataStatus>& b) {
  if (a.size() != b.size()) return true;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].name != b[i].name || a[i].identity != b[i].identity) return true;
  }
  return false;
}

// The first source that is another, for people.
std::string difference(const std::vector<DataStatus>& found, const std::vector<DataStatus>& pinned) {
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (i >= pinned.size() || pinned[i].name != found[i].name) return found[i].name;
    if (found[i].identity == pinned[i].identity) continue;
    return found[i].name + " is " + found[i].identity + (found[i].commit.empty() ? "" : " in commit " + found[i].commit.substr(0, 12)) +
           ", was " + pinned[i].identity;
  }
  return "a source is gone";
}

void found(Draft& d, Resolution& look) {
  ResolveStatus& p = d.status.poll;
  p.reason = p.message = {};
  p.failures = 0;
  const bool other = is_other(look.data, d.status.data);
  if (other && is_other(look.data, d.status.new_data))
    d.remember(reason::kNewData, "new data was found: " + difference(look.data, d.status.data));
  d.status.new_data = other ? std::move(look.data) : std::vector<DataStatus>{};
  d.status.new_code = other ? look.code : std::nullopt;
}

void missed(Draft& d, const Resolution& look) {
  ResolveStatus& p = d.status.poll;
  if (p.reason != look.reason || p.message != look.message) d.remember(reason::kResolveFailed, "a look for new data: " + look.message);
  p.reason = look.reason;
  p.message = look.message;
  ++p.failures;
}

// A look begins when it is due, or a little earlier when somebody else's resolver takes it along.
bool has_begun(Draft& d, core::Duration interval) {
  ResolveStatus& p = d.status.poll;
  if (p.outcome.empty() && p.since && p.asked == d.asked) return true;
  if (!p.next_at || p.asked != d.asked) {
    p = {.asked = d.asked};
    schedule(d, interval);
    return false;
  }
  const core::Instant first = early(*p.next_at, interval);
  d.wake_at(d.seen.now < first ? first : *p.next_at);
  if (d.seen.now < first || (d.seen.now < *p.next_at && !resolver_of(d, first))) return false;
  p.outcome.clear();
  p.job.clear();
  p.since = first;
  return true;
}

}  // namespace

void poll(Draft& d) {
  const core::Duration interval = poll_interval(d.spec);
  if (interval.count() == 0) {
    d.status.poll = {};
    d.status.new_data.clear();
    d.status.new_code.reset();
    return;
  }
  if (!has_begun(d, interval)) return;
  Resolution look = training_job::look(d, d.status.poll);
  switch (look.state) {
    case Resolution::State::Going:
      d.wake_at(look.wake);
      if (look.question) d.plan.questions.push_back(*look.question);
      return;
    case Resolution::State::Resolved:
      found(d, look);
      break;
    case Resolution::State::InputWrong:
    case Resolution::State::PlaceWrong:
      missed(d, look);
      break;
  }
  schedule(d, interval);
}

}  // namespace millrace::training_job
