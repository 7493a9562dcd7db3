#include "unit/training_job/world.h"

#include <algorithm>

#include "core/check.h"
#include "json/codec.h"

namespace millrace::training_job {

World::World() {
  seen.now = kNow;
  seen.job.meta = {.name = "churn", .ns = "shop", .uid = "tj", .resource_version = "1", .generation = 1, .created = kNow};
  seen.job.spec = {.model = "churn", .data = {{.name = "train", .uri = "pvc://data/train.csv"}}};
  seen.job.spec.train = {.image = "example/train:1", .command = {"python", "train.py"}};
  seen.job.spec.output = {.format = "sklearn", .store = {.pvc = PvcStore{.claim_name = "models", .path = "store"}}};
  seen.job.spec.version.gates = {{.metric = "accuracy", .min = json::Decimal{"0.90"}}};
  claims();
}

void World::claims(bool exist) {
  seen.facts.clear();
  for (const char* name : {"data", "models"}) {
    const plan::ObjectByName what{&kube::resources::kClaim, name};
    seen.facts.push_back({.question = {.what = what, .at = kNow}, .answer = plan::Found{.exists = exist}, .answered = kNow});
  }
}

plan::Plan<Status> World::step() {
  plan::Plan<Status> out = plan(seen, settings);
  MILLRACE_CHECK(out.status.has_value());
  seen.job.status = *out.status;
  for (const plan::Child& child : out.children) {
    const std::string uid = "uid-" + std::to_string(++uids_);
    if (child.kind->kind == "Job") {
      auto job = json::decode<kube::Job>(child.desired);
      MILLRACE_CHECK(job.has_value());
      if (std::any_of(seen.jobs.begin(), seen.jobs.end(), [&](const auto& j) { return j->meta.name == child.name; })) continue;
      job->meta.uid = uid;
      job->meta.resource_version = "1";
      job->meta.created = seen.now;
      seen.jobs.push_back(std::make_shared<const kube::Job>(std::move(*job)));
    } else {
      auto version = json::decode<model_version::ModelVersion>(child.desired);
      MILLRACE_CHECK(version.has_value());
      version->meta.uid = uid;
      version->meta.created = seen.now;
      seen.versions.push_back(std::make_shared<const model_version::ModelVersion>(std::move(*version)));
    }
  }
  for (const plan::Deletion& deletion : out.deletes) {
    std::erase_if(seen.jobs, [&](const auto& j) { return j->meta.uid == deletion.uid; });
    std::erase_if(seen.versions, [&](const auto& v) { return v->meta.uid == deletion.uid; });
  }
  return out;
}

plan::Plan<Status> World::settle() {
  plan::Plan<Status> out = step();
  for (int i = 0; i < 10 && !quiet(); ++i) out = step();
  return out;
}

bool World::quiet() {
  const plan::Plan<Status> again = plan(seen, settings);
  return again.status == seen.job.status && again.children.empty() && again.deletes.empty();
}

kube::Job& World::job(const std::string& name) {
  const auto it = std::find_if(seen.jobs.begin(), seen.jobs.end(), [&](const auto& j) { return j->meta.name == name; });
  MILLRACE_CHECK(it != seen.jobs.end());
  return const_cast<kube::Job&>(**it);
}

kube::Pod& World::pod_of(const std::string& name) {
  const std::string uid = job(name).meta.uid;
  for (const auto& pod : seen.pods) {
    if (pod->meta.controlled_by(uid)) return const_cast<kube::Pod&>(*pod);
  }
  kube::Pod pod;
  pod.meta = {.name = name + "-0",
              .ns = "shop",
              .uid = "pod-" + uid,
              .owners = {{.kind = "Job", .name = name, .uid = uid, .controller = true}},
              .created = seen.now};
  pod.spec.node_name = "n1";
  pod.status.phase = "Pending";
  seen.pods.push_back(std::make_shared<const kube::Pod>(std::move(pod)));
  return const_cast<kube::Pod&>(*seen.pods.back());
}

void World::end(const std::string& name, bool good) {
  pod_of(name).status.phase = good ? "Succeeded" : "Failed";
  job(name).status.conditions = {{.type = good ? "Complete" : "Failed", .status = "True", .last_transition = seen.now}};
}

namespace {

kube::ContainerStatus ended(const std::string& name, int code, const std::string& message, core::Instant now) {
  kube::ContainerStatus out{.name = name};
  out.state.terminated = kube::ContainerTerminated{
      .exit_code = code, .reason = code == 0 ? "Completed" : "Error", .message = message, .started_at = now, .finished_at = now};
  return out;
}

}  // namespace

void World::resolver_says(const std::string& name, int code, const std::string& message) {
  pod_of(name).status.containers = {ended("resolve", code, message, seen.now)};
  end(name, code == 0);
}

void World::resolver_finds(const std::string& name, const std::string& identity) {
  const std::string message =
      R"({"v":1,"told":1,"sources":[{"name":"churn/train","identity":")" + identity + R"(","strength":"Strong","size":12}],"errors":[]})";
  resolver_says(name, 0, message);
}

void World::resolver_fails(const std::string& name, int code, const std::string& reason) {
  const std::string message =
      R"({"v":1,"told":1,"sources":[],"errors":[{"name":"churn/train","reason":")" + reason + R"(","message":"it is so"}]})";
  resolver_says(name, code, message);
}

void World::trains(const std::string& name) {
  kube::ContainerStatus train{.name = "train"};
  train.state.running = kube::ContainerRunning{.started_at = seen.now};
  pod_of(name).status.containers = {train};
  pod_of(name).status.phase = "Running";
}

void World::publishes(const std::string& name, const std::string& accuracy) {
  const std::string message =
      R"({"v":1,"digest":")" + kDigest + R"(","size":99,"metrics":{"accuracy":")" + accuracy + R"("},"result":"sha256:b"})";
  pod_of(name).status.containers = {ended("train", 0, "", seen.now), ended("publish", 0, message, seen.now)};
  end(name, true);
}

void World::fetches(const std::string& name, const std::string& message) {
  pod_of(name).status.init_containers = {ended("fetch", 0, message, seen.now)};
  end(name, true);
}

void World::tells(const std::string& name, const std::string& container, const std::string& message) {
  pod_of(name).status.containers = {ended(container, 0, message, seen.now)};
  end(name, true);
}

void World::recovers(const std::string& name, int code, const std::string& message) {
  pod_of(name).status.containers = {ended("recover", code, message, seen.now)};
  end(name, code == 0);
}

void World::fails(const std::string& name, const std::string& container, int code, const std::string& message) {
  pod_of(name).status.containers = {ended(container, code, message, seen.now)};
  end(name, false);
}

void World::judge_version(const std::string& name, const std::string& phase) {
  const auto* version = find_version(seen.versions, name);
  MILLRACE_CHECK(version != nullptr);
  const_cast<model_version::ModelVersion*>(version)->status.phase = phase;
  const_cast<model_version::ModelVersion*>(version)->status.message = "accuracy 0.85 must be at least 0.90";
}

std::string World::condition(const char* type) const {
  const kube::Condition* c = kube::find(seen.job.status.conditions, type);
  return c ? c->status : "absent";
}

void World::edit() {
  ++seen.job.meta.generation;
  settle();
}

void World::until_it_trains() {
  settle();
  resolver_finds("churn-resolve-1", "sha256:1");
  settle();
  trains("churn-r1-a1");
  settle();
}

void World::until_it_is_done() {
  until_it_trains();
  publishes("churn-r1-a1");
  settle();
  judge_version("churn-v1", "Ready");
  settle();
}

}  // namespace millrace::training_job
