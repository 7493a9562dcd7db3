#include "training_job/observe.h"

#include <algorithm>

#include "kube/model/children.h"
#include "shared/labels.h"
#include "training_job/attempts.h"

namespace millrace::training_job {
namespace {

// All of the models that it makes, whose numbers, verdicts and cached results count, and those it made under another name of a model. No
// more: a pass is woken by each that it reads.
Versions versions_of(const engine::World& world, const TrainingJob& job) {
  using model_version::ModelVersion;
  Versions out = world.grouped<ModelVersion>(job.spec.model);
  const auto add = [&out](Versions more) { out.insert(out.end(), more.begin(), more.end()); };
  const std::string& before = job.status.run.model;
  if (!before.empty() && before != job.spec.model) add(world.grouped<ModelVersion>(before));
  add(world.labelled<ModelVersion>(shared::kTrainingJobLabel, kube::label_value(job.meta.name)));
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a->meta.name < b->meta.name; });
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

std::optional<Observed> observe(const engine::World& world, const kube::ObjectKey& key) {
  const auto job = world.get<TrainingJob>(key.name);
  if (!job) return std::nullopt;
  Observed seen{.job = *job,
                .now = world.now(),
                .jobs = world.owned<kube::Job>(job->meta.uid),
                .refusals = world.refusals(),
                .facts = world.facts(),
                .heard = world.heard()};
  for (const auto& child : seen.jobs) {
    for (auto& pod : world.owned<kube::Pod>(child->meta.uid)) seen.pods.push_back(std::move(pod));
  }
  if (is_shared(job->spec) && is_looking(*job, world.now())) {
    seen.peers = world.list<TrainingJob>();
    seen.resolvers = world.labelled<kube::Job>(shared::kResolverLabel, resolver_account(job->spec));
    const auto everywhere = world.everywhere<kube::Job>(shared::kResolverLabel);
    seen.resolvers_going = std::count_if(everywhere.begin(), everywhere.end(), [](const auto& j) { return !ended_at(*j); });
    for (const auto& resolver : seen.resolvers) {
      if (resolver->meta.controlled_by(job->meta.uid)) continue;
      for (auto& pod : world.owned<kube::Pod>(resolver->meta.uid)) seen.pods.push_back(std::move(pod));
    }
  }
  seen.versions = versions_of(world, *job);
  return seen;
}

}  // namespace millrace::training_job
