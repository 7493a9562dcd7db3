#include "support/sim/domain.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/hash.h"
#include "kinds.h"
#include "kube/model/gateway.h"
#include "shared/labels.h"

namespace millrace::sim::domain {
namespace {

using json::Array;
using json::Object;
using json::Value;

std::string digest_of(std::string_view text) { return "sha256:" + core::sha256_hex(text); }

ContainerOutcome says(Object message) {
  message["v"] = 1;
  return exits(0, json::dump(Value(std::move(message))));
}

// As the fetcher does: a source that is what the task knows is not told.
ContainerOutcome resolved(const Value& task, const std::function<std::string(const Value&)>& identity_of) {
  Array sources;
  for (const auto& s : *task.at({"sources"})->array()) {
    const std::string identity = identity_of(s);
    if (identity == s.text_at({"known"})) continue;
    Object one{{"name", s.text_at({"name"})}, {"identity", identity}, {"strength", "Strong"}, {"size", 1000}};
    if (s.at({"uri"}) == nullptr) one["commit"] = core::sha256_hex(identity).substr(0, 40);
    sources.emplace_back(std::move(one));
  }
  return says({{"told", static_cast<std::int64_t>(task.at({"sources"})->array()->size())}, {"sources", std::move(sources)}});
}

std::string by_place(const Value& source) {
  const Value* dvc = source.at({"dvc"});
  return digest_of(dvc != nullptr ? json::dump(*dvc) : source.text_at({"uri"}));
}

ContainerOutcome fetched(const Value& task) {
  if (const Value* model = task.at({"model"})) return says({{"digest", model->text_at({"digest"})}, {"size", 1000}});
  Array sources;
  for (const auto& s : *task.at({"sources"})->array()) {
    sources.emplace_back(Object{{"name", s.text_at({"name"})}, {"sha256", s.text_at({"identity"})}});
  }
  return says({{"sources", std::move(sources)}});
}

Object manifest(const kube::Resource& kind, std::string name, Object spec) {
  return {{"apiVersion", kube::api_version(kind)},
          {"kind", kind.kind},
          {"metadata", Object{{"name", std::move(name)}, {"namespace", "default"}}},
          {"spec", std::move(spec)}};
}

Object with(Object members, Object more) {
  for (auto& [name, v] : more.members()) members[name] = std::move(v);
  return members;
}

}  // namespace

const engine::Controllers& controllers() {
  static const auto owned = make_controllers({.metrics_sources = {{.name = "default", .custom_queries = true}}});
  static const engine::Controllers all = [] {
    engine::Controllers out;
    for (const auto& c : owned) out.push_back(c.get());
    return out;
  }();
  return all;
}

std::string label(const Value& pod, std::string_view name) {
  const Value* v = pod.at({"metadata", "labels", name});
  return v != nullptr && v->text() != nullptr ? *v->text() : "";
}

Value task_of(const Value& pod, const std::string& container) {
  for (const auto list : {"initContainers", "containers"}) {
    const Value* containers = pod.at({"spec", list});
    if (containers == nullptr) continue;
    for (const auto& c : *containers->array()) {
      if (c.text_at({"name"}) != container || c.at({"env"}) == nullptr) continue;
      for (const auto& e : *c.at({"env"})->array()) {
        if (e.text_at({"name"}) == "MILLRACE_TASK") return json::parse(e.text_at({"value"})).value_or(Value());
      }
    }
  }
  return {};
}

ContainerOutcome published(const Value& pod, const std::string& accuracy, const std::string& container) {
  const Value task = task_of(pod, container);
  const std::string model = digest_of(task.text_at({"run"}) + accuracy);
  return says({{"digest", model}, {"size", 1000}, {"metrics", Object{{"accuracy", accuracy}}}, {"result", digest_of(model)}});
}

ContainerOutcome resolved_as(const Value& pod, const std::string& identity) {
  return resolved(task_of(pod, "resolve"), [&](const Value&) { return identity; });
}

ContainerOutcome step_failed(int code, const std::string& stderr_tail) {
  return exits(code, json::dump(Object{{"v", 1}, {"exitCode", code}, {"signal", 0}, {"outOfMemory", false}, {"stderr", stderr_tail}}));
}

// Both do as well as the run of the version said.
ContainerOutcome measured(const Value& task) {
  Object out;
  for (const auto& [who, path] : task.at({"metrics"})->object()->members()) out[who] = Object{{"accuracy", "0.9500"}};
  return says(std::move(out));
}

ContainerOutcome well(const Value& pod, const std::string& container) {
  const Value task = task_of(pod, container);
  if (container == "resolve") return resolved(task, by_place);
  if (container == "fetch") return fetched(task);
  if (container == "publish" || container == "recover") return published(pod, "0.9500", container);
  if (container == "measure") return measured(task);
  if (container == "register") return says({{"mlflowRunId", "r1"}, {"version", "1"}, {"aliases", *task.at({"aliases"})}});
  if (container == "record") return says({{"mlflowRunId", "r1"}});
  if (container == "verify") return says({{"digest", task.text_at({"digest"})}, {"size", 1000}, {"files", 3}});
  if (container == "model") return runs(core::Duration(8'000));
  if (container == "clear") return says({{"cleared", 0}, {"left", 0}});
  if (container == "delete") return says({{"deleted", true}});
  if (container == "tools") return exits(0, "", core::Duration(0));
  return says({{"exitCode", 0}, {"signal", 0}, {"outOfMemory", false}, {"stderr", ""}});
}

Object training_job(std::string name, Object spec) {
  const Object data{{"name", "train"}, {"uri", "pvc://data/train.csv"}};
  const Object output{{"format", "sklearn"},
                      {"metrics", Array{"accuracy"}},
                      {"store", Object{{"pvc", Object{{"claimName", "models"}, {"path", "store"}}}}}};
  return manifest(kube::resources::kTrainingJob, std::move(name),
                  with({{"model", "churn"},
                        {"data", Array{data}},
                        {"train", Object{{"image", "example.org/train:1"}, {"command", Array{"python", "train.py"}}}},
                        {"output", output}},
                       std::move(spec)));
}

Object model_version(std::string name, std::int64_t version) {
  const Object artifact{{"uri", "pvc://models/by-hand/" + name}, {"digest", digest_of(name)}, {"format", "sklearn"}};
  return manifest(kube::resources::kModelVersion, std::move(name), {{"model", "churn"}, {"version", version}, {"artifact", artifact}});
}

Object inference_service(std::string name, Object spec) {
  return manifest(kube::resources::kInferenceService, std::move(name), with({{"model", "churn"}, {"replicas", 2}}, std::move(spec)));
}

Act make(std::string what, Object object) {
  return {std::move(what), [object](ApiServer& server, core::Instant now) {
            const auto& kinds = all_kinds();
            const auto kind =
                std::ranges::find_if(kinds, [&](const KindRules& k) { return k.resource->kind == Value(object).text_at({"kind"}); });
            const auto answer = server.handle({.method = "POST",
                                               .path = kube::collection_path(*kind->resource, "default"),
                                               .body = json::dump(object),
                                               .content_type = "application/json"},
                                              now, "person");
            EXPECT_EQ(answer.status, 201) << answer.body;
          }};
}

Act edit(std::string what, const kube::Resource& kind, std::string name, Object spec) {
  return {std::move(what), [&kind, name, spec](ApiServer& server, core::Instant now) {
            const auto answer = server.handle({.method = "PATCH",
                                               .path = kube::object_path(kind, "default", name),
                                               .body = json::dump(Object{{"spec", spec}}),
                                               .content_type = "application/merge-patch+json"},
                                              now, "person");
            EXPECT_EQ(answer.status, 200) << answer.body;
          }};
}

Act wait(std::string what, core::Duration time) {
  return {.what = std::move(what), .act = [](ApiServer&, core::Instant) {}, .later = time};
}

Act claims() {
  return {"claims", [](ApiServer& server, core::Instant now) {
            for (const auto name : {"data", "models"}) {
              Object claim = manifest(kube::resources::kClaim, name,
                                      {{"accessModes", Array{"ReadWriteMany"}},
                                       {"resources", Object{{"requests", Object{{"storage", "1Gi"}}}}},
                                       {"volumeName", name}});
              claim["status"] = Object{{"phase", "Bound"}};
              EXPECT_EQ(server.create_as("person", claim, now), 201);
            }
          }};
}

Act gateway(std::string ns, std::string name) {
  return {"gateway " + name, [ns, name](ApiServer& server, core::Instant now) {
            server.create_as("person", Object{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", Object{{"name", ns}}}}, now);
            const Object listener{
                {"name", "web"}, {"port", 80}, {"protocol", "HTTP"}, {"allowedRoutes", Object{{"namespaces", Object{{"from", "All"}}}}}};
            const Object all{{"apiVersion", kube::api_version(kube::resources::kGateway)},
                             {"kind", kube::resources::kGateway.kind},
                             {"metadata", Object{{"name", name}, {"namespace", ns}}},
                             {"spec", Object{{"gatewayClassName", "simulated"}, {"listeners", Array{listener}}}}};
            EXPECT_EQ(server.create_as("person", all, now), 201);
          }};
}

Story story(std::string name, Script script, std::vector<Act> acts) {
  return {.name = std::move(name), .controllers = controllers(), .script = std::move(script), .acts = std::move(acts)};
}

std::string at(const Verdict& verdict, const kube::Resource& kind, std::string_view name, std::initializer_list<std::string_view> path) {
  const auto hit = verdict.end.find(kube::object_path(kind, "default", name));
  if (hit == verdict.end.end()) return "(no such object)";
  const auto object = json::parse(hit->second);
  const Value* v = object->at(path);
  if (v == nullptr) return "(absent)";
  return v->text() != nullptr ? *v->text() : json::dump(*v);
}

std::size_t count(const Verdict& verdict, const kube::Resource& kind) {
  const std::string prefix = kube::collection_path(kind, "default") + "/";
  return static_cast<std::size_t>(std::ranges::count_if(verdict.end, [&](const auto& e) { return e.first.starts_with(prefix); }));
}

}  // namespace millrace::sim::domain
