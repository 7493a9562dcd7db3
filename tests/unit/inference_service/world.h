// A small cluster for planner tests: holds what the planner made, and lets pods be ready, crash, be silent or find no node. No engine,
// no clock.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "inference_service/children.h"
#include "inference_service/entry.h"
#include "inference_service/facts.h"
#include "inference_service/plan.h"
#include "shared/labels.h"

namespace millrace::inference_service {

using std::chrono::minutes, std::chrono::seconds;

enum class Pods { Ready, Starting, CrashLoop, NoNode, Silent, FetchFailed, FetchAgain };

class World {
 public:
  World() {
    seen.now = core::parse_rfc3339("2026-01-01T00:00:00Z").value();
    InferenceService& s = seen.service;
    s.meta = {.name = "churn", .ns = "default", .uid = "u-1", .resource_version = "1", .generation = 1};
    s.spec.model = "churn";
    s.spec.rollout.bake = minutes(1);
    s.spec.rollout.steps = {{50, "2m"}, {100}};
  }

  void add_version(int number, std::string phase = "Ready", std::string origin = "Run", std::string digest = {}) {
    auto v = std::make_shared<model_version::ModelVersion>();
    v->meta.name = "churn-v" + std::to_string(number);
    v->spec.model = "churn";
    v->spec.version = number;
    v->spec.artifact = {"pvc://models/churn/" + std::to_string(number),
                        digest.empty() ? "sha256:" + std::string(64, static_cast<char>('a' + number)) : digest, 4096, "sklearn"};
    v->status.phase = std::move(phase);
    v->status.origin = std::move(origin);
    seen.versions.push_back(v);
  }

  // One pass; what it wants becomes the world. True when something changed.
  bool pass() {
    last = plan(seen, settings);
    const std::string before = entry();
    const bool news = *last.status != seen.service.status;
    seen.service.status = *last.status;
    bool changed = news;
    bool refused = false;
    for (const auto* lane : {&last.traffic, &last.children}) {
      for (const plan::Child& child : *lane) {
        if (is_refused(child)) {
          refused = true;
        } else {
          changed = store(child) || changed;
        }
      }
    }
    for (const plan::Deletion& deletion : last.deletes) changed = (!refused && remove(deletion)) || changed;
    if (entry() != before) judge_entry();
    judge_route();
    return changed;
  }

  // Passes until nothing changes; pods behave as `pods_of` says. Fails the test that never comes to rest.
  int settle() {
    for (int passes = 1; passes < 60; ++passes) {
      const bool moved = actors();
      if (!pass() && !moved) return passes;
    }
    return -1;
  }
  void advance(core::Duration by) {
    seen.now += std::chrono::duration_cast<seconds>(by);
    settle();
  }
  // Follows the planner's own wakes until the service has settled.
  bool run_to_settled(int most = 200) {
    settle();
    for (int i = 0; i < most; ++i) {
      if (kube::is_true(status().conditions, "Settled") && !last.wake) return true;
      if (!last.wake) return kube::is_true(status().conditions, "Settled");
      seen.now = std::max(seen.now + seconds(1), *last.wake);
      settle();
    }
    return false;
  }

  // A pod that its ReplicaSet has already replaced: nobody takes it away while its Deployment is there.
  void leave_behind(std::string_view version, const std::function<void(kube::Pod&)>& how) {
    for (const auto& d : seen.deployments) {
      if (d->meta.label(shared::kModelVersionLabel) != version) continue;
      kube::Pod pod = pod_of(*d, std::string(version));
      pod.meta.name = pod.meta.uid = "left-" + std::to_string(++uids_);
      pod.meta.created = seen.now;
      pod.status.conditions.clear();
      how(pod);
      seen.pods.push_back(std::make_shared<const kube::Pod>(std::move(pod)));
    }
  }

  const Status& status() const { return seen.service.status; }
  std::string entry() const {
    if (!seen.entry) return "absent";
    const auto& selector = seen.entry->spec.selector;
    const auto at = selector.find(std::string(shared::kRevisionLabel));
    return at == selector.end() ? "everybody" : at->second;
  }
  std::int64_t count(std::string_view version) const {
    for (const auto& d : seen.deployments) {
      if (d->meta.label(shared::kModelVersionLabel) == version) return d->spec.replicas;
    }
    return -1;
  }

  // Weights of the route as written, by version: "churn-v1=80 churn-v2=20"; "absent".
  std::string route() const;
  std::string revision_of(std::string_view version) const;

  Observed seen{};
  shared::Settings settings{};
  bool gateway_answers = true;                                      // Gateways take a route as soon as they see it
  std::string gateway_refuses{};                                    // "<reason>: <message>"
  std::function<std::string(const plan::Child&)> server_refuses{};  // a sentence; "": it takes the write
  plan::Plan<Status> last{};
  std::vector<std::string> wrong{};       // moves of the entry that no pass may make
  std::map<std::string, Pods> pods_of{};  // by version; Ready when it is not named

 private:
  static json::StringMap strings(const json::Value* object) {
    json::StringMap out;
    if (object == nullptr || object->object() == nullptr) return out;
    for (const auto& [name, value] : object->object()->members()) out[name] = *value.text();
    return out;
  }
  kube::ObjectMeta meta_of(const plan::Child& child) {
    kube::ObjectMeta meta{
        .name = child.name, .ns = "default", .uid = "u-" + std::to_string(++uids_), .resource_version = "1", .created = seen.now};
    meta.labels = strings(child.desired.at({"metadata", "labels"}));
    meta.annotations = strings(child.desired.at({"metadata", "annotations"}));
    annotate(meta, child.own_annotations);
    return meta;
  }
  static bool annotate(kube::ObjectMeta& meta, const json::StringMap& wanted) {
    const auto before = meta.annotations;
    for (const auto& [name, value] : wanted) {
      if (value.empty()) {
        meta.annotations.erase(name);
      } else {
        meta.annotations[name] = value;
      }
    }
    return meta.annotations != before;
  }
  template <class K>
  static std::shared_ptr<const K>* find(All<K>& all, std::string_view name) {
    const auto at = std::find_if(all.begin(), all.end(), [&](const auto& o) { return o->meta.name == name; });
    return at == all.end() ? nullptr : &*at;
  }
  template <class K>
  bool erase(All<K>& all, const plan::Deletion& d) {
    return std::erase_if(all, [&](const auto& o) { return o->meta.name == d.name && o->meta.uid == d.uid; }) > 0;
  }
  bool remove(const plan::Deletion& d) {
    if (*d.kind == kube::resources::kDeployment) return erase(seen.deployments, d);
    if (*d.kind == kube::resources::kPodDisruptionBudget) return erase(seen.budgets, d);
    if (*d.kind == kube::resources::kService) {
      const bool did = erase(seen.services, d);
      seen.entry = entry_in_force(seen.services);
      return did;
    }
    if (*d.kind == kube::resources::kHttpRoute) return std::exchange(seen.route, nullptr) != nullptr;
    return *d.kind == kube::resources::kControllerRevision && erase(seen.revisions, d);
  }
  bool store(const plan::Child& child);
  bool store_service(const plan::Child& child);
  bool store_route(const plan::Child& child);
  static Parts parts_in(const plan::Child& route);
  bool is_refused(const plan::Child& child);
  bool gateway();
  void endpoints();
  void judge_entry();
  void judge_route();
  bool actors();
  bool shape_pods(const kube::Deployment& deployment);
  kube::Pod pod_of(const kube::Deployment& deployment, const std::string& version) const;
  int uids_ = 1;
};

World serving_v1();          // settled, with churn-v1 as stable
World serving_by_gateway();  // the same with provider GatewayAPI and Gateway infra/gw

}  // namespace millrace::inference_service
