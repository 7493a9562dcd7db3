#include "model_version/observe.h"

#include <algorithm>

#include "inference_service/api/inference_service.h"
#include "model_version/children.h"
#include "shared/labels.h"

namespace millrace::model_version {
namespace {

using inference_service::InferenceService;
using inference_service::Policy;
using inference_service::Standing;

std::int64_t number_of(const std::string& model, const std::string& version) {
  const std::string head = model + "-v";
  if (!version.starts_with(head) || version.size() == head.size() || version.size() > head.size() + 12) return 0;
  std::int64_t out = 0;
  for (const char c : version.substr(head.size())) {
    if (c < '0' || c > '9') return 0;
    out = out * 10 + (c - '0');
  }
  return out;
}

void add_verdict(ServiceFact& fact, const Standing& service, const std::string& version) {
  // What ended its bake is good, though another container or restart of it was refused.
  if (const auto& good = service.last_good; good && good->version == version) {
    fact.verdict = "Good";
    fact.revision = good->revision;
    fact.since = good->at.value_or(core::Instant{});
    fact.evidence = "it ended its bake";
    return;
  }
  const auto refused = std::find_if(service.refused.rbegin(), service.refused.rend(), [&](const auto& r) { return r.version == version; });
  if (refused != service.refused.rend()) {
    fact.verdict = "Bad";
    fact.revision = refused->revision;
    fact.since = refused->at;
    fact.evidence = refused->reason + ": " + refused->message;
  }
}

// What keeps the version from going. A service that is being deleted keeps nothing.
std::string hold_of(const Standing& service, const std::string& version) {
  if (service.deleting) return {};
  if (service.stable == version) return "Stable";
  if (service.canary == version) return "Canary";
  if (service.last_good && service.last_good->version == version) return "LastGood";
  return service.known ? "" : "Unknown";
}

ServiceFact fact_of(const Standing& service, const ModelVersion& version) {
  const std::string& name = version.meta.name;
  const bool pinned = service.choice.policy == Policy::Pinned;
  // Latest takes up what a TrainingJob made; a version made by hand is reached by its name alone until a person approves it (D9).
  const bool within = is_of_run(version.spec) || is_approved(version.spec) || pinned;
  ServiceFact out{.name = service.name, .follows = within && inference_service::follows(service, name)};
  if (service.stable == name) out.role = "Stable";
  if (service.canary == name) out.role = "Canary";
  out.holds = hold_of(service, name);
  add_verdict(out, service, name);
  const bool serves_later = number_of(version.spec.model, service.stable) > number_of(version.spec.model, name);
  const bool held_off = service.rollback && service.rollback->version != name && version.spec.version <= service.rollback->above;
  out.passed_by = out.role == "None" && (serves_later || held_off);
  out.pinned = pinned;
  return out;
}

std::optional<Rival> rival_of(const engine::World& world, const Standing& service) {
  if (service.champion.empty()) return std::nullopt;
  Rival out{.who = {.service = service.name, .version = service.champion}};
  const auto version = world.get<ModelVersion>(service.champion);
  if (!version) return out;
  out.who.digest = version->spec.artifact.digest;
  out.artifact = version->spec.artifact;
  const auto& evaluated = version->status.measured;
  out.metrics = version->spec.evaluation && !evaluated.empty() ? evaluated.back().numbers : version->spec.metrics;
  out.measured = is_of_run(version->spec) || !evaluated.empty();
  return out;
}

}  // namespace

bool is_over(const kube::Job& job) {
  return kube::is_true(job.status.conditions, "Complete") || kube::is_true(job.status.conditions, "Failed");
}

// One registration at a time in a namespace, as far as caches know (D40).
std::string registering(const engine::World& world, const ModelVersion& version) {
  for (const auto& job : world.labelled<kube::Job>(shared::kComponentLabel, kRegistrar)) {
    if (!is_over(*job) && !job->meta.deleting() && !job->meta.controlled_by(version.meta.uid)) return job->meta.name;
  }
  return {};
}

namespace {

// The same folder, or one within it.
bool is_within(std::string_view a, std::string_view b) { return a == b || (a.starts_with(b) && a.substr(b.size()).starts_with("/")); }

std::string_view without_end(std::string_view uri) {
  while (uri.ends_with('/')) uri.remove_suffix(1);
  return uri;
}

// Of two that go with their bytes neither keeps them, unless a service still uses one.
std::string sharing(const engine::World& world, const ModelVersion& version) {
  const std::string_view mine = without_end(version.spec.artifact.uri);
  for (const auto& other : world.list<ModelVersion>()) {
    if (other->meta.uid == version.meta.uid) continue;
    const bool goes = other->meta.deleting() && other->spec.deletion_policy == DeletionPolicy::Delete;
    if (goes && !has_finalizer(other->meta, kInUseFinalizer)) continue;
    const std::string_view theirs = without_end(other->spec.artifact.uri);
    if (is_within(mine, theirs) || is_within(theirs, mine)) return other->meta.name;
  }
  return {};
}

}  // namespace

std::optional<Observed> observe(const engine::World& world, const kube::ObjectKey& key) {
  const auto version = world.get<ModelVersion>(key.name);
  if (!version) return std::nullopt;
  Observed out{.version = *version, .refusals = world.refusals(), .facts = world.facts(), .now = world.now()};
  for (const auto& job : world.owned<kube::Job>(version->meta.uid)) {
    out.jobs.push_back(*job);
    for (auto& pod : world.owned<kube::Pod>(job->meta.uid)) out.pods.push_back(std::move(pod));
  }
  for (const Standing& service : world.grouped<InferenceService>(version->spec.model)) {
    out.services.push_back(fact_of(service, *version));
    if (has_champion_gate(version->spec)) out.services.back().rival = rival_of(world, service);
  }
  const bool leaves = version->meta.deleting() && has_finalizer(version->meta, kArtifactFinalizer);
  if (leaves) out.sharing = sharing(world, *version);
  for (const auto& job : world.labelled<kube::Job>(shared::kDeletesLabel, version->meta.uid)) {
    out.deletes.push_back(*job);
    for (auto& pod : world.owned<kube::Pod>(job->meta.uid)) out.pods.push_back(std::move(pod));
  }
  // Before it is ready too: the pass that finds it so makes the Job.
  if (version->spec.registry && !version->status.registry) out.registering = registering(world, *version);
  return out;
}

}  // namespace millrace::model_version
