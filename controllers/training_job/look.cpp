#include "training_job/look.h"

#include <algorithm>

#include "shared/labels.h"
#include "training_job/attempts.h"
#include "training_job/children.h"

namespace millrace::training_job {
namespace {

constexpr auto kLookAgain = std::chrono::seconds(10);
constexpr auto kPatience = std::chrono::seconds(60);  // for somebody who is due earlier, or has decided on a resolver, and makes none

const kube::Job* find(const Jobs& jobs, const std::string& name) {
  const auto at = std::find_if(jobs.begin(), jobs.end(), [&](const auto& j) { return j->meta.name == name; });
  return at == jobs.end() ? nullptr : at->get();
}

Resolution told_by(const Draft& d, const kube::Job& job) {
  return judge_resolver(job, shared::pods_of(job, d.seen.pods), d.job(), d.seen.facts, d.seen.now);
}

void take_own(Draft& d, ResolveStatus& s) {
  std::int64_t& number = d.status.resolve.number;
  for (const auto& job : d.seen.jobs) number = std::max(number, number_label(job->meta, shared::kResolveLabel));
  s.number = ++number;
  s.job = resolver_name(d.job(), s.number);
}

// The resolver that others wait for; nullptr: none goes.
const kube::Job* unfinished(const Draft& d) {
  const auto at =
      std::find_if(d.seen.resolvers.begin(), d.seen.resolvers.end(), [](const auto& j) { return !ended_at(*j) && !j->meta.deleting(); });
  return at == d.seen.resolvers.end() ? nullptr : at->get();
}

// A peer has decided on a Job that is not seen yet: in between the peer is not due any more, and the next one would look too.
bool is_announced(const Draft& d) {
  for (const auto& peer : d.seen.peers) {
    if (peer->meta.uid == d.job().meta.uid || peer->meta.deleting() || !is_shared(peer->spec)) continue;
    if (resolver_account(peer->spec) != resolver_account(d.spec)) continue;
    for (const ResolveStatus* s : {&peer->status.resolve, &peer->status.poll}) {
      const bool own = s->outcome.empty() && s->number > 0 && s->job == resolver_name(*peer, s->number);
      if (own && find(d.seen.resolvers, s->job) == nullptr) return true;
    }
  }
  return false;
}

Resolution waiting(std::string message) { return {.reason = std::string(shared::reason::kResolvingData), .message = std::move(message)}; }

// Names the Job that looks; else says what is waited for.
std::optional<Resolution> choose(Draft& d, ResolveStatus& s) {
  if (!is_shared(d.spec)) {
    take_own(d, s);
    return std::nullopt;
  }
  if (const kube::Job* job = resolver_of(d, s.since.value_or(d.seen.now))) {
    s.job = job->meta.name;
    return std::nullopt;
  }
  if (const kube::Job* job = unfinished(d)) return waiting("it waits for the resolver " + job->meta.name + " of this namespace");
  if (d.seen.resolvers_going >= d.settings.max_resolvers) {
    Resolution out = waiting("it waits for a resolver to end: the operator runs at most " + std::to_string(d.settings.max_resolvers) +
                             " at once (--max-resolvers)");
    out.wake = d.seen.now + kLookAgain;
    return out;
  }
  const core::Instant since = s.since.value_or(d.seen.now);
  const core::Instant limit = std::max(since, s.next_at.value_or(since)) + kPatience;  // a poll begins before it is due
  if (d.seen.now < limit && (is_announced(d) || !is_first(d.job(), since, d.seen.peers, d.seen.now))) {
    Resolution out = waiting("its data is resolved together with that of other TrainingJobs");
    out.wake = limit;
    return out;
  }
  take_own(d, s);
  return std::nullopt;
}

}  // namespace

const kube::Job* resolver_of(const Draft& d, core::Instant not_before) {
  for (const auto& job : d.seen.resolvers) {
    if (job->meta.created < not_before) continue;
    const auto covers = covers_of(job->meta);
    const bool covered =
        std::any_of(covers.begin(), covers.end(), [&](const Cover& c) { return c.job == d.job().meta.name && c.asked == d.asked; });
    if (covered && (!ended_at(*job) || told_by(d, *job).tells)) return job.get();
  }
  return nullptr;
}

Resolution look(Draft& d, ResolveStatus& s) {
  if (s.job.empty()) {
    if (auto wait = choose(d, s)) return *wait;
  }
  const kube::Job* job = find(d.seen.jobs, s.job);
  if (job == nullptr) job = find(d.seen.resolvers, s.job);
  if (job != nullptr) return told_by(d, *job);
  if (s.number > 0 && s.job == resolver_name(d.job(), s.number)) {
    d.plan.children.push_back(resolver_job(d.job(), batch(d.job(), d.seen.peers, d.seen.now), s, d.settings));
    return {};
  }
  // The Job of somebody else went before its answer was read.
  s.job.clear();
  s.since = d.seen.now;
  return {.wake = d.seen.now + std::chrono::seconds(1)};
}

}  // namespace millrace::training_job
