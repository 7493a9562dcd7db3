#include "inference_service/facts.h"

#include <algorithm>
#include <set>

#include "inference_service/routers/gateway_api/http_route.h"
#include "kube/model/children.h"
#include "shared/labels.h"
#include "shared/progress.h"
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

// ReplicaSets leave such pods lying, and the pods of a lost node do not end by themselves: nobody waits for them.
bool is_over(const kube::Pod& pod, core::Instant now) {
  if (pod.status.phase == "Failed" || pod.status.phase == "Succeeded") return true;
  const auto written_off = shared::written_off_at(pod);
  return written_off && now >= *written_off;
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

// A first crash may be bad luck: it condemns nobody.
bool condemns(const kube::Pod& pod, const Cause& cause) {
  return cause.blame != Blame::Version || !may_pass(cause.reason) || restarts(pod, cause.container) >= kCrashes;
}

std::optional<Cause> refused_pods(const kube::Deployment& deployment) {
  const kube::Condition* failure = kube::find(deployment.status.conditions, "ReplicaFailure");
  if (failure == nullptr || failure->status != "True") return std::nullopt;
  return Cause{.blame = Blame::Place, .reason = failure->reason, .message = failure->message};
}

// What took the newest of them, told until one that came after it has started. Servers are started again in their pod, so a pod that
// ended was ended by its node.
std::optional<Cause> taken(const Observed& seen, const Revision& revision) {
  if (revision.ended.empty() || revision.available > 0 || revision.placed) return std::nullopt;
  const auto newest = std::max_element(revision.ended.begin(), revision.ended.end(),
                                       [](const kube::Pod* a, const kube::Pod* b) { return a->meta.created < b->meta.created; });
  auto cause = shared::blame(**newest, seen.now);
  if (cause) cause->blame = Blame::Place;
  return cause;
}

void consider(std::optional<core::Instant>& next, std::optional<core::Instant> at) {
  if (at && (!next || *at < *next)) next = at;
}

// The version's own doing goes before the place's: it will not pass.
void judge(const Observed& seen, Revision& revision) {
  for (const kube::Pod* pod : revision.pods) {
    consider(revision.look_again, shared::written_off_at(*pod));
    if (pod->meta.deleting() || is_available(*pod)) continue;
    shared::Progress going = shared::progress(*pod, seen.facts, seen.now);
    consider(revision.look_again, going.wake);
    if (!revision.question) revision.question = std::move(going.question);
    auto& cause = going.hindrance;
    if (!cause || !condemns(*pod, *cause)) continue;
    if (!revision.cause || cause->blame == Blame::Version) revision.cause = std::move(cause);
  }
  if (!revision.cause) revision.cause = taken(seen, revision);
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

void count_backends(const Observed& seen, Facts& out) {
  std::map<std::string, std::string> revision_of;  // by name of the backend Service
  for (const auto& service : seen.services) {
    const std::string revision = service->meta.label(shared::kRevisionLabel);
    if (revision.empty()) continue;
    out.revisions[revision].backend = service.get();
    revision_of[service->meta.name] = revision;
  }
  for (const auto& slice : seen.backends) {
    const auto known = revision_of.find(slice->meta.label("kubernetes.io/service-name"));
    if (known == revision_of.end()) continue;
    const auto ready = std::count_if(slice->endpoints.begin(), slice->endpoints.end(),
                                     [](const kube::Endpoint& e) { return e.conditions.ready.value_or(true); });
    out.revisions[known->second].reachable += ready;
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

std::int64_t RouteFacts::weight_of(std::string_view revision) const {
  const auto at = weights.find(revision);
  return at == weights.end() ? 0 : at->second;
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
    (is_over(*pod, seen.now) ? revision.ended : revision.pods).push_back(pod.get());
    revision.available += is_available(*pod) ? 1 : 0;
  }
  count_endpoints(seen, out);
  count_backends(seen, out);
  out.route = route_facts(seen);
  for (auto& [name, revision] : out.revisions) {
    revision.placed = !revision.pods.empty() && std::all_of(revision.pods.begin(), revision.pods.end(),
                                                            [](const kube::Pod* pod) { return pod->meta.deleting() || is_placed(*pod); });
    judge(seen, revision);
  }
  return out;
}

}  // namespace millrace::inference_service
