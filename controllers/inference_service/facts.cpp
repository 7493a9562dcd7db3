#include "inference_service/facts.h"

#include <algorithm>
#include <set>

#include "kube/model/children.h"
#include "shared/labels.h"
#include "shared/reasons.h"

namespace millrace::inference_service {
namespace {

using shared::Blame, shared::Cause;

bool has_started(const kube::ContainerStatus& c) {
  return c.state.running || c.state.terminated || c.last_state.terminated || c.restart_count > 0;
}

bool is_placed(const kube::Pod& pod) {
  if (pod.spec.node_name.empty() || pod.status.containers.empty()) return false;
  const auto started = [](const std::vector<kube::ContainerStatus>& all) { return std::all_of(all.begin(), all.end(), has_started); };
  return started(pod.status.init_containers) && started(pod.status.containers);
}

bool is_available(const kube::Pod& pod) { return !pod.meta.deleting() && kube::is_true(pod.status.conditions, "Ready"); }

std::int64_t restarts(const kube::Pod& pod, std::string_view container) {
  std::int64_t most = 0;
  for (const auto* all : {&pod.status.init_containers, &pod.status.containers}) {
    for (const kube::ContainerStatus& c : *all) {
      if (container.empty() || c.name == container) most = std::max(most, c.restart_count);
    }
  }
  return most;
}

bool may_pass(std::string_view reason) { return reason == shared::reason::kCrashed || reason == shared::reason::kOutOfMemory; }

std::optional<Cause> answered(const Observed& seen, const kube::Pod& pod) {
  for (const plan::Fact& fact : seen.facts) {
    const auto* events = std::get_if<plan::EventsOf>(&fact.question.what);
    const auto* said = std::get_if<plan::Sentence>(&fact.answer);
    if (events == nullptr || said == nullptr || events->uid != pod.meta.uid || said->text.empty()) continue;
    return Cause{.blame = Blame::Place, .reason = said->reason, .message = said->text};
  }
  return std::nullopt;
}

// A first crash may be bad luck: it condemns nobody, but it is told.
std::optional<Cause> cause_of(const Observed& seen, const kube::Pod& pod) {
  auto cause = shared::blame(pod, seen.now);
  if (!cause && shared::is_silent(pod, seen.now) && !pod.meta.deleting()) return answered(seen, pod);
  if (cause && cause->blame == Blame::Version && may_pass(cause->reason) && restarts(pod, cause->container) < kCrashes) return std::nullopt;
  return cause;
}

std::optional<Cause> refused_pods(const kube::Deployment& deployment) {
  const kube::Condition* failure = kube::find(deployment.status.conditions, "ReplicaFailure");
  if (failure == nullptr || failure->status != "True") return std::nullopt;
  return Cause{.blame = Blame::Place, .reason = failure->reason, .message = failure->message};
}

// The version's own doing goes before the place's: it will not pass.
void judge(const Observed& seen, Revision& revision) {
  for (const kube::Pod* pod : revision.pods) {
    if (pod->meta.deleting() || is_available(*pod)) continue;
    auto cause = cause_of(seen, *pod);
    if (cause && (!revision.cause || cause->blame == Blame::Version)) revision.cause = std::move(cause);
  }
  if (!revision.cause && revision.deployment != nullptr) revision.cause = refused_pods(*revision.deployment);
}

Pointer pointer_of(const kube::Service* entry) {
  if (entry == nullptr) return {};
  const auto& selector = entry->spec.selector;
  const auto revision = selector.find(std::string(shared::kRevisionLabel));
  if (revision != selector.end()) {
    if (revision->second == kNobody) return {};
    return {Pointer::To::Revision, revision->second};
  }
  return {selector.contains(std::string(shared::kInferenceServiceLabel)) ? Pointer::To::Everybody : Pointer::To::Nothing, {}};
}

void count_endpoints(const Observed& seen, Facts& out) {
  std::map<std::string, std::string> revision_of;
  for (const auto& pod : seen.pods) revision_of[pod->meta.uid] = pod->meta.label(shared::kRevisionLabel);
  std::set<std::string> counted;
  for (const auto& slice : seen.slices) {
    for (const kube::Endpoint& endpoint : slice->endpoints) {
      if (!counted.insert(endpoint.target.uid).second) continue;
      ++out.routed;
      if (const auto known = revision_of.find(endpoint.target.uid); known != revision_of.end()) ++out.revisions[known->second].routed;
    }
  }
}

}  // namespace

std::string entry_name(const InferenceService& service) {
  return service.spec.route.service_name.empty() ? service.meta.name + "-predict" : service.spec.route.service_name;
}

std::string child_name_of(const InferenceService& service, std::string_view revision) {
  return kube::child_name(service.meta.name + "-" + std::string(revision), service.meta.uid);
}

const Revision& Facts::of(std::string_view revision) const {
  static const Revision kNothing{};
  const auto at = revisions.find(revision);
  return at == revisions.end() ? kNothing : at->second;
}

bool Facts::only(std::string_view revision) const {
  const std::int64_t here = of(revision).routed;
  return here > 0 && here == routed;
}

Facts facts_of(const Observed& seen) {
  Facts out{.entry = pointer_of(seen.entry.get())};
  const auto at = [&](const kube::ObjectMeta& meta) -> Revision& { return out.revisions[meta.label(shared::kRevisionLabel)]; };
  for (const auto& d : seen.deployments) at(d->meta).deployment = d.get();
  for (const auto& r : seen.revisions) at(r->meta).frozen = r.get();
  for (const auto& b : seen.budgets) at(b->meta).budget = b.get();
  for (const auto& pod : seen.pods) {
    Revision& revision = at(pod->meta);
    revision.pods.push_back(pod.get());
    revision.available += is_available(*pod) ? 1 : 0;
  }
  count_endpoints(seen, out);
  for (auto& [name, revision] : out.revisions) {
    judge(seen, revision);
    revision.placed = !revision.pods.empty() && std::all_of(revision.pods.begin(), revision.pods.end(),
                                                            [](const kube::Pod* pod) { return pod->meta.deleting() || is_placed(*pod); });
  }
  return out;
}

std::vector<plan::Question> questions_about(const Observed& seen, const Facts& facts, std::string_view revision) {
  constexpr auto kAfter = std::chrono::seconds(30), kEvery = std::chrono::seconds(60);
  for (const kube::Pod* pod : facts.of(revision).pods) {
    if (pod->meta.deleting() || !shared::is_silent(*pod, seen.now)) continue;
    const auto first = pod->meta.created + kAfter;
    const auto rounds = seen.now > first ? (seen.now - first) / kEvery : 0;
    return {{.what = plan::EventsOf{.kind = &kube::resources::kPod, .name = pod->meta.name, .uid = pod->meta.uid},
             .at = first + rounds * kEvery}};
  }
  return {};
}

}  // namespace millrace::inference_service
