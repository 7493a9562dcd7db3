#include "training_job/keeping.h"

#include <algorithm>
#include <map>

#include "kube/model/children.h"
#include "shared/labels.h"
#include "training_job/attempts.h"
#include "training_job/children.h"

namespace millrace::training_job {
namespace {

using model_version::ModelVersion;
using model_version::Serving;

constexpr std::size_t kGoodOnes = 2;  // of each service: that which serves, and that before it

struct Age {
  std::int64_t run = 0, attempt = 0;
  auto operator<=>(const Age&) const = default;
};

Age age_of(const kube::Job& job) { return {number_label(job.meta, shared::kRunLabel), number_label(job.meta, shared::kAttemptLabel)}; }

// Newest first.
std::vector<const kube::Job*> ended_runs(const Observed& seen) {
  std::vector<const kube::Job*> out;
  for (const auto& job : seen.jobs) {
    const bool prepared = is_prepare_job(job->meta) && kube::is_true(job->status.conditions, "Complete");
    if (age_of(*job).run > 0 && ended_at(*job) && !prepared) out.push_back(job.get());
  }
  std::sort(out.begin(), out.end(), [](const auto* a, const auto* b) { return age_of(*a) > age_of(*b); });
  return out;
}

struct Good {
  core::Instant since{};
  std::string version{};
};

// Whom services stand on, or could go back to.
std::set<std::string> in_use(const Versions& versions) {
  std::set<std::string> out;
  std::map<std::string, std::vector<Good>> good;
  for (const auto& v : versions) {
    for (const Serving& s : v->status.serving) {
      if (s.role == "Stable" || s.role == "Canary") out.insert(v->meta.name);
      if (s.verdict == "Good") good[s.service].push_back({s.since, v->meta.name});
    }
  }
  for (auto& [service, all] : good) {
    std::sort(all.begin(), all.end(), [](const Good& a, const Good& b) { return a.since > b.since; });
    for (std::size_t i = 0; i < std::min(all.size(), kGoodOnes); ++i) out.insert(all[i].version);
  }
  return out;
}

bool is_of(const ModelVersion& v, const kube::ObjectMeta& job) {
  return v.meta.label(shared::kTrainingJobLabel) == kube::label_value(job.name) && v.spec.provenance &&
         v.spec.provenance->training_job == job.name;
}

// Its fate is decided, and not by a person: what somebody approved is theirs (D26).
bool may_go(const ModelVersion& v) {
  const std::string& phase = v.status.phase;
  return v.spec.approval.decision != model_version::ApprovalDecision::Approved &&
         (phase == "Ready" || phase == "Rejected" || phase == "Quarantined");
}

}  // namespace

std::set<std::string> kept_jobs(const Observed& seen) {
  std::set<std::string> out;
  std::int64_t succeeded = seen.job.spec.history.succeeded, failed = seen.job.spec.history.failed;
  for (const kube::Job* job : ended_runs(seen)) {
    std::int64_t& left = kube::is_true(job->status.conditions, "Complete") ? succeeded : failed;
    if (left > 0 || out.empty()) out.insert(job->meta.name);
    --left;
  }
  return out;
}

Versions old_versions(const Observed& seen, const Status& status) {
  Versions mine;
  for (const auto& v : seen.versions) {
    if (is_of(*v, seen.job.meta) && !v->meta.deleting()) mine.push_back(v);
  }
  std::sort(mine.begin(), mine.end(), [](const auto& a, const auto& b) { return a->spec.version > b->spec.version; });
  mine.erase(mine.begin(), mine.begin() + std::min<std::ptrdiff_t>(std::ssize(mine), seen.job.spec.history.versions));
  const std::set<std::string> used = in_use(seen.versions);
  std::erase_if(mine, [&](const auto& v) {
    return used.contains(v->meta.name) || model_version::has_finalizer(v->meta, model_version::kInUseFinalizer) ||
           v->meta.name == status.model_version || !may_go(*v);
  });
  std::reverse(mine.begin(), mine.end());
  return mine;
}

}  // namespace millrace::training_job
