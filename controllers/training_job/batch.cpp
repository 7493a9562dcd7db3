#include "training_job/batch.h"

#include <algorithm>

#include "json/codec.h"
#include "kube/model/children.h"
#include "training_job/identity.h"
#include "training_job/sources.h"

namespace millrace::training_job {
namespace {

using json::field;

constexpr json::Field kCover[] = {
    field<&Cover::job>("job", "The TrainingJob.", {.max_length = 63}),
    field<&Cover::asked>("asked", "Hash of what it asked for.", {.max_length = 80}),
    field<&Cover::sources>("sources", "Names of its sources.", {.max_length = 63, .max_items = 16}),
};

struct Covers {
  std::vector<Cover> all{};
  static const json::Schema schema;
};
constexpr json::Field kCovers[] = {field<&Covers::all>("all", "In the order of the task.", {.max_items = 32})};
constinit const json::Schema Covers::schema{.doc = "What a resolver looks at.", .fields = kCovers};

bool holds_its_data(const RunStatus& run) {
  return run.number > 0 && run.state != "Done" && run.state != "Failed" && run.state != "Resolving";
}

std::optional<core::Instant> poll_due(const TrainingJob& job) {
  const ResolveStatus& p = job.status.poll;
  if (poll_interval(job.spec).count() == 0) return std::nullopt;
  if (p.outcome == "Retry") return p.next_at;
  return p.job.empty() ? p.since : std::nullopt;
}

struct Due {
  core::Instant at{};
  std::shared_ptr<const TrainingJob> job{};
};

// The others that may share a look, first the one that is due first.
std::vector<Due> due_peers(const TrainingJob& job, const Peers& peers, core::Instant now) {
  std::vector<Due> out;
  for (const auto& peer : peers) {
    if (peer->meta.uid == job.meta.uid || !is_shared(peer->spec) || resolver_account(peer->spec) != resolver_account(job.spec)) continue;
    const auto at = due_at(*peer);
    const bool polls = peer->status.poll.outcome == "Retry" && at == peer->status.poll.next_at;
    if (at && now >= (polls ? early(*at, poll_interval(peer->spec)) : *at)) out.push_back({*at, peer});
  }
  std::sort(out.begin(), out.end(),
            [](const Due& a, const Due& b) { return std::pair(a.at, a.job->meta.name) < std::pair(b.at, b.job->meta.name); });
  return out;
}

std::size_t sources_of(const Spec& spec) { return spec.data.size() + (spec.code ? 1 : 0); }

}  // namespace

constinit const json::Schema Cover::schema{.doc = "One TrainingJob's sources.", .fields = kCover};

std::vector<Cover> covers_of(const kube::ObjectMeta& resolver) {
  auto read = json::decode<Covers>(resolver.annotation(kCoversAnnotation));
  return read ? std::move(read->all) : std::vector<Cover>{};
}

std::string to_text(const std::vector<Cover>& covers) { return json::dump(json::encode(Covers{covers})); }

std::string resolver_account(const Spec& spec) {
  return kube::label_value(spec.pod.service_account_name.empty() ? "default" : spec.pod.service_account_name);
}

bool is_shared(const Spec& spec) {
  const bool claim = std::any_of(spec.data.begin(), spec.data.end(), [](const DataSource& d) { return !shared::claim_of(d.uri).empty(); });
  return sources_of(spec) > 0 && !claim;
}

core::Duration poll_interval(const Spec& spec) {
  core::Duration out{0};
  if (!spec.triggers.new_data) return out;
  for (const DataSource& d : spec.data) {
    if (d.poll_interval.count() > 0 && (out.count() == 0 || d.poll_interval < out)) out = d.poll_interval;
  }
  return out;
}

core::Instant early(core::Instant next_at, core::Duration interval) {
  return next_at - std::chrono::duration_cast<std::chrono::seconds>(interval / 5);
}

std::optional<core::Instant> due_at(const TrainingJob& job) {
  const ResolveStatus& r = job.status.resolve;
  if (job.meta.deleting() || sources_of(job.spec) == 0 || holds_its_data(job.status.run)) return std::nullopt;
  if (r.asked != asked_hash(job.spec)) return job.meta.created;
  if (r.outcome == "Retry") return r.next_at;
  if (r.outcome == "Failed") return std::nullopt;
  if (r.outcome == "Resolved") return poll_due(job);
  return r.job.empty() ? r.since : std::nullopt;
}

bool is_looking(const TrainingJob& job, core::Instant now) {
  const Status& s = job.status;
  if (s.resolve.outcome.empty() || (s.poll.since && s.poll.outcome.empty())) return true;
  const auto at = due_at(job);
  return at && now >= early(*at, poll_interval(job.spec));
}

json::StringMap known_identities(const TrainingJob& job) {
  json::StringMap out;
  const Status& s = job.status;
  if (s.resolve.outcome != "Resolved" || s.resolve.asked != asked_hash(job.spec)) return out;
  for (const DataStatus& d : s.new_data.empty() ? s.data : s.new_data) out[d.name] = d.identity;
  return out;
}

Peers batch(const TrainingJob& job, const Peers& peers, core::Instant now) {
  Peers out{std::make_shared<const TrainingJob>(job)};
  if (!is_shared(job.spec)) return out;
  std::size_t sources = sources_of(job.spec);
  for (const Due& due : due_peers(job, peers, now)) {
    if (sources + sources_of(due.job->spec) > kMostSources) continue;
    sources += sources_of(due.job->spec);
    out.push_back(due.job);
  }
  return out;
}

bool is_first(const TrainingJob& job, core::Instant since, const Peers& peers, core::Instant now) {
  const auto due = due_peers(job, peers, now);
  return std::none_of(due.begin(), due.end(),
                      [&](const Due& d) { return d.at <= now && std::pair(d.at, d.job->meta.name) < std::pair(since, job.meta.name); });
}

}  // namespace millrace::training_job
