#include "unit/inference_service/world.h"

#include <gtest/gtest.h>

#include "inference_service/entry.h"
#include "inference_service/revision.h"
#include "json/codec.h"

namespace millrace::inference_service {
namespace {

template <class K>
std::shared_ptr<K> copy_of(const std::shared_ptr<const K>& object) {
  return std::make_shared<K>(*object);
}

// Replaced by its workload, and counted by nobody but who waits for it.
bool is_left(const kube::Pod& pod) { return pod.status.phase == "Failed" || pod.meta.deleting(); }

kube::Condition condition(std::string type, bool holds, std::string message = {}) {
  return {.type = std::move(type), .status = holds ? "True" : "False", .reason = "Test", .message = std::move(message)};
}

}  // namespace

bool World::store_service(const plan::Child& child) {
  auto* known = find(seen.services, child.name);
  auto next = std::make_shared<kube::Service>();
  next->meta = known ? (*known)->meta : meta_of(child);
  next->meta.annotations = strings(child.desired.at({"metadata", "annotations"}));
  next->spec.selector = strings(child.desired.at({"spec", "selector"}));
  const bool changed = !known || **known != *next;
  if (known) {
    *known = next;
  } else {
    seen.services.push_back(next);
  }
  seen.entry = entry_in_force(seen.services);
  return changed;
}

std::string World::revision_of(std::string_view version) const {
  for (const auto& r : seen.revisions) {
    if (version_of(*r) == version) return r->meta.label(shared::kRevisionLabel);
  }
  return {};
}

bool World::store(const plan::Child& child) {
  if (*child.kind == kube::resources::kService) return store_service(child);
  if (*child.kind == kube::resources::kHttpRoute) return store_route(child);
  if (*child.kind == kube::resources::kControllerRevision) {
    if (auto* known = find(seen.revisions, child.name)) {
      auto next = copy_of(*known);
      const bool changed = annotate(next->meta, child.own_annotations);
      *known = next;
      return changed;
    }
    auto next = std::make_shared<kube::ControllerRevision>();
    next->meta = meta_of(child);
    next->revision = *child.desired.at({"revision"})->integer();
    next->data.bytes = json::dump(*child.desired.at({"data"}));
    seen.revisions.push_back(next);
    return true;
  }
  if (*child.kind == kube::resources::kPodDisruptionBudget) {
    if (find(seen.budgets, child.name)) return false;
    auto next = std::make_shared<kube::PodDisruptionBudget>();
    next->meta = meta_of(child);
    seen.budgets.push_back(next);
    return true;
  }
  auto* known = find(seen.deployments, child.name);
  auto next = known ? copy_of(*known) : std::make_shared<kube::Deployment>();
  if (!known) next->meta = meta_of(child);
  bool changed = !known || annotate(next->meta, child.own_annotations) || next->spec.replicas != *child.replicas;
  next->spec.replicas = *child.replicas;
  if (known) {
    *known = next;
  } else {
    seen.deployments.push_back(next);
  }
  return changed;
}

namespace {

kube::ContainerStatus fetch_of(Pods how, core::Instant now) {
  kube::ContainerStatus out{.name = "fetch"};
  if (how == Pods::Silent) {
    out.state.waiting = kube::ContainerWaiting{"PodInitializing", ""};
    return out;
  }
  const std::string message = R"({"v":1,"error":{"reason":"Unreachable","source":"","message":"the store does not answer"}})";
  out.restart_count = 3;
  out.last_state.terminated = kube::ContainerTerminated{.exit_code = 20, .reason = "Error", .message = message};
  if (how == Pods::FetchAgain) {
    out.state.running = kube::ContainerRunning{now};
  } else {
    out.state.waiting = kube::ContainerWaiting{"CrashLoopBackOff", "back-off"};
  }
  return out;
}

}  // namespace

kube::Pod World::pod_of(const kube::Deployment& deployment, const std::string& version) const {
  const auto at = pods_of.find(version);
  const Pods how = at == pods_of.end() ? Pods::Ready : at->second;
  kube::Pod pod;
  pod.meta.labels = deployment.meta.labels;
  if (how == Pods::NoNode) {
    pod.status.phase = "Pending";
    pod.status.conditions = {condition("PodScheduled", false, "0/3 nodes are available: insufficient memory")};
    return pod;
  }
  pod.spec.node_name = "node-1";
  if (how == Pods::Silent || how == Pods::FetchFailed || how == Pods::FetchAgain) {
    pod.status.phase = "Pending";
    pod.status.conditions = {condition("PodScheduled", true), condition("Ready", false)};
    pod.status.init_containers = {fetch_of(how, seen.now)};
    kube::ContainerStatus model{.name = "model"};
    model.state.waiting = kube::ContainerWaiting{"PodInitializing", ""};
    pod.status.containers = {model};
    return pod;
  }
  pod.status.phase = "Running";
  kube::ContainerStatus c{.name = "model", .image_id = "sha256:1", .ready = how == Pods::Ready};
  if (how == Pods::CrashLoop) {
    c.restart_count = kCrashes;
    c.state.waiting = kube::ContainerWaiting{"CrashLoopBackOff", "back-off"};
    c.last_state.terminated = kube::ContainerTerminated{.exit_code = 1, .reason = "Error", .message = "no such module"};
  } else {
    c.state.running = kube::ContainerRunning{seen.now};
  }
  pod.status.containers = {c};
  pod.status.conditions = {condition("PodScheduled", true), condition("Ready", how == Pods::Ready)};
  return pod;
}

bool World::shape_pods(const kube::Deployment& deployment) {
  const std::string version = deployment.meta.label(shared::kModelVersionLabel);
  const std::string revision = deployment.meta.label(shared::kRevisionLabel);
  bool changed = false;
  std::int64_t have = 0;
  std::erase_if(seen.pods, [&](const auto& pod) {
    const bool ours = pod->meta.label(shared::kRevisionLabel) == revision && !is_left(*pod);
    const bool extra = ours && ++have > deployment.spec.replicas;
    changed = changed || extra;
    return extra;
  });
  for (auto& pod : seen.pods) {
    if (pod->meta.label(shared::kRevisionLabel) != revision || is_left(*pod)) continue;
    kube::Pod next = pod_of(deployment, version);
    next.meta = pod->meta;
    if (next == *pod) continue;
    const bool same_life = next.status.conditions == pod->status.conditions;
    pod = std::make_shared<const kube::Pod>(std::move(next));
    changed = changed || !same_life;
  }
  for (; have < deployment.spec.replicas; ++have) {
    kube::Pod pod = pod_of(deployment, version);
    pod.meta.name = deployment.meta.name + "-" + std::to_string(++uids_);
    pod.meta.uid = "p-" + std::to_string(uids_);
    pod.meta.created = seen.now;
    seen.pods.push_back(std::make_shared<const kube::Pod>(std::move(pod)));
    changed = true;
  }
  return changed;
}

// The entry moved: to somebody who answers, where anybody does; to everybody only while exactly two revisions have pods.
void World::judge_entry() {
  std::map<std::string, int> ready, pods;
  for (const auto& pod : seen.pods) {
    if (is_left(*pod)) continue;
    const std::string revision = pod->meta.label(shared::kRevisionLabel);
    ++pods[revision];
    if (kube::is_true(pod->status.conditions, "Ready")) ++ready[revision];
  }
  const std::string to = entry();
  if (to == "everybody" && pods.size() != 2) wrong.push_back("everybody, with pods of " + std::to_string(pods.size()) + " revisions");
  if (to != "everybody" && to != kNobody && !ready.empty() && !ready.contains(to)) wrong.push_back("revision " + to + " has no ready pod");
}

// Deployment controller, kubelet and EndpointSlice controller in one round.
bool World::actors() {
  bool changed = false;
  for (const auto& deployment : seen.deployments) changed = shape_pods(*deployment) || changed;
  const auto lost = [&](const auto& pod) {
    return std::none_of(seen.deployments.begin(), seen.deployments.end(),
                        [&](const auto& d) { return d->meta.label(shared::kRevisionLabel) == pod->meta.label(shared::kRevisionLabel); });
  };
  changed = std::erase_if(seen.pods, lost) > 0 || changed;
  const auto before = seen.slices, backends = seen.backends;
  endpoints();
  const auto same = [](const All<kube::EndpointSlice>& a, const All<kube::EndpointSlice>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) { return *x == *y; });
  };
  changed = changed || !same(before, seen.slices) || !same(backends, seen.backends);
  return gateway() || changed;
}

void World::endpoints() {
  seen.slices.clear();
  seen.backends.clear();
  for (const auto& service : seen.services) {
    auto slice = std::make_shared<kube::EndpointSlice>();
    slice->meta.name = service->meta.name + "-1";
    slice->meta.labels["kubernetes.io/service-name"] = service->meta.name;
    const auto& selector = service->spec.selector;
    for (const auto& pod : seen.pods) {
      const auto fits = [&](const auto& wanted) { return pod->meta.label(wanted.first) == wanted.second; };
      if (pod->status.phase == "Failed" || !std::all_of(selector.begin(), selector.end(), fits)) continue;
      slice->endpoints.push_back(
          {.conditions = {.ready = kube::is_true(pod->status.conditions, "Ready")}, .target = {"Pod", pod->meta.name, pod->meta.uid}});
    }
    (service->meta.label(shared::kRevisionLabel).empty() ? seen.slices : seen.backends).push_back(slice);
  }
}

World serving_by_gateway() {
  World w;
  w.seen.gateway_installed = true;
  w.seen.service.spec.route.provider = Provider::GatewayAPI;
  w.seen.service.spec.route.gateway = Gateway{.parent_refs = {{.name = "gw", .ns = "infra"}}};
  w.add_version(1);
  EXPECT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().phase, "Serving");
  EXPECT_EQ(w.route(), "churn-v1=100");
  return w;
}

World serving_v1() {
  World w;
  w.add_version(1);
  EXPECT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().phase, "Serving");
  EXPECT_EQ(w.status().result, "Serving");
  return w;
}

}  // namespace millrace::inference_service
