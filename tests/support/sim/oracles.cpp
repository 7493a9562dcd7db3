#include "support/sim/oracles.h"

#include <algorithm>

namespace millrace::sim {
namespace {

using json::Object;
using json::Value;
namespace r = kube::resources;

bool ours(const KindRules& kind) { return kind.custom && !kind.add_on; }

std::string label(const Value& object, std::string_view name) { return object.text_at({"metadata", "labels", name}); }

std::string controller_of(const Value& object) {
  const Value* owners = object.at({"metadata", "ownerReferences"});
  if (owners == nullptr) return "";
  for (const Value& owner : *owners->array()) {
    const Value* controls = owner.at({"controller"});
    if (controls != nullptr && controls->boolean().value_or(false)) return owner.text_at({"uid"});
  }
  return "";
}

bool over(const Value& job) { return deleting(job) || condition_true(job, "Complete") || condition_true(job, "Failed"); }

// What two objects of one owner must not both be.
std::string purpose(const Value& object, bool job) {
  const std::string owner = controller_of(object), what = label(object, job ? "app.kubernetes.io/component" : "millrace.dev/revision");
  if (owner.empty() || what.empty() || (job ? over(object) : deleting(object))) return "";
  return owner + " " + what;
}

void find_twins(const ApiServer& server, const kube::Resource& kind, std::vector<std::string>& out) {
  std::map<std::string, std::string> seen;
  for (const Value* object : server.list(kind)) {
    const std::string what = purpose(*object, kind == r::kJob), name = object->text_at({"metadata", "name"});
    if (what.empty()) continue;
    const auto [first, is_first] = seen.emplace(what, name);
    if (!is_first) out.push_back("two at work: " + std::string(kind.kind) + " " + first->second + " and " + name);
  }
}

std::int64_t integer_at(const Value& v, std::initializer_list<std::string_view> path) {
  const Value* at = v.at(path);
  return at == nullptr ? 0 : at->integer().value_or(0);
}

const Value* condition(const Value& object, std::string_view type) {
  const Value* conditions = object.at({"status", "conditions"});
  if (conditions == nullptr || conditions->array() == nullptr) return nullptr;
  const auto hit = std::ranges::find_if(*conditions->array(), [&](const Value& c) { return c.text_at({"type"}) == type; });
  return hit == conditions->array()->end() ? nullptr : &*hit;
}

bool serves(const ApiServer& server, const Value& service) {
  const std::string name = service.text_at({"metadata", "name"});
  return std::ranges::any_of(server.list(r::kPod, service.text_at({"metadata", "namespace"})), [&](const Value* pod) {
    return label(*pod, "millrace.dev/inference-service") == name && !deleting(*pod) && condition_true(*pod, "Ready");
  });
}

// Why an object that says Ready is not; "": it is.
std::string untrue(const ApiServer& server, const KindRules& kind, const Value& object) {
  const std::string ns = object.text_at({"metadata", "namespace"});
  if (*kind.resource == r::kInferenceService && !serves(server, object)) return "no pod of it is ready";
  if (*kind.resource == r::kModelVersion && object.text_at({"status", "phase"}) != "Ready") return "its phase is another";
  const std::string version = object.text_at({"status", "modelVersion"});
  if (*kind.resource == r::kTrainingJob && !version.empty() && server.find(r::kModelVersion, ns, version) == nullptr)
    return "there is no " + version;
  return "";
}

void judge_object(const Sim& sim, const KindRules& kind, const Value& object, std::vector<std::string>& out) {
  if (deleting(object) || sim.poisoned) return;
  const std::string name = std::string(kind.resource->kind) + " " + object.text_at({"metadata", "name"});
  const std::int64_t generation = integer_at(object, {"metadata", "generation"});
  if (integer_at(object, {"status", "observedGeneration"}) != generation) out.push_back(name + " is at rest, and not observed");
  const Value* ready = condition(object, "Ready");
  if (ready == nullptr || ready->text_at({"status"}) != "True") return;
  if (integer_at(*ready, {"observedGeneration"}) != generation) out.push_back(name + " is Ready of another generation");
  if (const std::string why = untrue(sim.server, kind, object); !why.empty()) out.push_back(name + " is Ready, but " + why);
}

constexpr const char* kHidden = "Y2FuYXJ5LWluLWEtc2VjcmV0";  // as a Secret holds it

bool has_canary(const std::string& text) { return text.find(kCanary) != std::string::npos || text.find(kHidden) != std::string::npos; }

}  // namespace

void hide_canary(ApiServer& server, core::Instant now) {
  server.create_as("person",
                   Object{{"apiVersion", "v1"},
                          {"kind", "Secret"},
                          {"metadata", Object{{"name", "canary"}, {"namespace", "default"}}},
                          {"data", Object{{"password", kHidden}}}},
                   now);
}

std::vector<std::string> Oracles::after_write(const ApiServer& server) {
  std::vector<std::string> out;
  find_twins(server, r::kJob, out);
  find_twins(server, r::kDeployment, out);
  for (const auto& kind : all_kinds()) {
    if (!ours(kind)) continue;
    for (const auto& [key, stored] : server.store().objects(kind)) {
      const std::int64_t is = integer_at(stored->object, {"status", "observedGeneration"});
      std::int64_t& was = observed_[stored->object.text_at({"metadata", "uid"})];
      const std::string name = std::string(kind.resource->kind) + " " + key.name;
      if (is != 0 && is < was) out.push_back(name + " is observed at generation " + std::to_string(is) + " after " + std::to_string(was));
      if (is > integer_at(stored->object, {"metadata", "generation"})) out.push_back(name + " is observed at a generation to come");
      was = is;
    }
  }
  return out;
}

std::vector<std::string> at_rest(const Sim& sim) {
  std::vector<std::string> out;
  std::size_t objects = 0;
  for (const auto& kind : all_kinds()) {
    if (!ours(kind)) continue;
    for (const auto& [key, stored] : sim.server.store().objects(kind)) {
      ++objects;
      judge_object(sim, kind, stored->object, out);
    }
  }
  const engine::Engine::Held held = sim.engine().held();
  if (held.keys > objects) out.push_back("the engine remembers " + std::to_string(held.keys) + " keys of " + std::to_string(objects));
  if (held.readers > objects) out.push_back("what " + std::to_string(held.readers) + " keys read is kept, of " + std::to_string(objects));
  if (held.dead != 0) out.push_back("the cache still waits for the end of " + std::to_string(held.dead) + " objects");
  if (held.queued + held.working + held.calls != 0) out.push_back("something is still queued, worked on, or unanswered at rest");
  return out;
}

std::vector<std::string> at_end(const Sim& sim) {
  std::vector<std::string> out;
  for (const auto& kind : all_kinds()) {
    for (const auto& [key, stored] : sim.server.store().objects(kind)) {
      const auto meddled = sim.meddled.find(kube::object_path(*kind.resource, key.ns, key.name));
      if (meddled == sim.meddled.end() || meddled->second != stored->object.text_at({"metadata", "uid"})) continue;
      const bool kept = label(stored->object, "example.org/meddled") == "yes" &&
                        stored->object.text_at({"metadata", "annotations", "example.org/meddled"}) == "yes";
      if (!kept) out.push_back(meddled->first + " lost what somebody else wrote into it");
    }
    if (*kind.resource == kSecret) continue;
    for (const LogEvent& event : sim.server.store().log(kind)) {
      if (has_canary(event.after->bytes)) out.push_back("a secret stands in " + std::string(kind.resource->kind));
    }
  }
  if (std::ranges::any_of(sim.told, has_canary)) out.push_back("a secret stands in a report");
  if (std::ranges::any_of(sim.used, [](const Access& a) { return a.resource == kSecret.plural; })) out.push_back("it asked for Secrets");
  return out;
}

std::vector<std::string> left_behind(const ApiServer& server) {
  std::vector<std::string> out;
  for (const auto& kind : all_kinds()) {
    if (kind.resource->kind == "Event" || kind.resource->kind == "Lease") continue;
    for (const auto& [key, stored] : server.store().objects(kind)) {
      const bool made = label(stored->object, "app.kubernetes.io/managed-by") == "millrace" || !controller_of(stored->object).empty();
      if (made || ours(kind)) out.push_back(std::string(kind.resource->kind) + " " + key.name + " is left behind");
    }
  }
  return out;
}

}  // namespace millrace::sim
