#include "training_job/observe.h"

#include <algorithm>

#include "shared/labels.h"
#include "training_job/attempts.h"

namespace millrace::training_job {

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
  if (is_looking(*job, world.now())) {
    seen.peers = world.list<TrainingJob>();
    seen.resolvers = world.labelled<kube::Job>(shared::kResolverLabel, resolver_account(job->spec));
    const auto everywhere = world.everywhere<kube::Job>(shared::kResolverLabel);
    seen.resolvers_going = std::count_if(everywhere.begin(), everywhere.end(), [](const auto& j) { return !ended_at(*j); });
    for (const auto& resolver : seen.resolvers) {
      if (resolver->meta.controlled_by(job->meta.uid)) continue;
      for (auto& pod : world.owned<kube::Pod>(resolver->meta.uid)) seen.pods.push_back(std::move(pod));
    }
  }
  seen.versions = world.list<model_version::ModelVersion>();
  return seen;
}

}  // namespace millrace::training_job
