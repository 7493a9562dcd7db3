// Controller: the seam between the engine and a kind. The engine calls reconcile() for one key; the controller observes (World only,
// it never waits), plans (pure) and hands the plan back without its types. It performs nothing itself.
// Thread contract: reconcile() is const and called from several workers for different keys at once; never twice at once for one key.
// Errors: bad user input is part of the plan; a thrown core::Bug is contained by the pass (InternalError), counted and backed off.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/kind.h"
#include "engine/unreadable.h"
#include "engine/world.h"
#include "json/codec.h"
#include "kube/model/condition.h"
#include "plan/plan.h"

namespace millrace::engine {

// One transition worth telling (events.k8s.io/v1); sent after the status that says it was written, series folded by the engine.
struct Event {
  enum class Type { Normal, Warning };
  Type type = Type::Normal;
  std::string reason{}, action{}, note{};
  bool operator==(const Event&) const = default;
};

struct Outcome {
  kube::ObjectMeta parent{};                  // as observed: uid and resourceVersion fence every write
  bool same_status = false;                   // planned as it is already
  std::optional<json::Value> status{};        // planned otherwise, encoded and clamped; nullopt: status is left alone
  json::Value status_seen{};                  // the observed one through the same encoder
  json::Value decisions{}, decisions_seen{};  // both without volatile fields: equal → only observations differ (D28)
  std::vector<plan::Finalizer> finalizers{};
  std::vector<plan::Child> traffic{}, children{};
  std::vector<plan::Deletion> deletes{};
  std::vector<plan::Question> questions{};
  std::optional<core::Instant> wake{};
  std::vector<Event> events{};
  std::string phase_from{}, phase_to{}, reason{};  // for the one log line
};

class Controller {
 public:
  virtual ~Controller() = default;
  virtual const kube::Resource& resource() const = 0;
  // Every kind a pass may read, the controller's own first. Two controllers may name the same kind: it is watched once.
  virtual std::vector<Kind> watches() const = 0;
  // nullopt: the object is not there (any more).
  virtual std::optional<Outcome> reconcile(const World& world, const kube::ObjectKey& key) const = 0;
  // Members of the status that tell people why the object cannot be read. They are merged into it: what else stands there lives on.
  // Equal for an equal `seen.status`, whatever the time: told once.
  virtual json::Object rejected(const Unreadable& seen, core::Instant now) const = 0;
  // Our annotations that this kind's controller keeps on its own objects' metadata by merge patch are planned as children of themselves.
};

// Fills the typed part of an Outcome. K has meta and status; Status has a schema.
template <class K, class Status>
Outcome outcome(const K& seen, plan::Plan<Status> plan) {
  Outcome out{.parent = seen.meta};
  out.same_status = plan.status && *plan.status == seen.status;
  if (plan.status && !out.same_status) {
    out.status_seen = json::encode(seen.status, json::Clamp::Yes);
    out.decisions_seen = json::encode(seen.status, json::Clamp::Yes, json::Volatile::Drop);
    out.status = json::encode(*plan.status, json::Clamp::Yes);
    out.decisions = json::encode(*plan.status, json::Clamp::Yes, json::Volatile::Drop);
  }
  out.finalizers = std::move(plan.finalizers);
  out.traffic = std::move(plan.traffic);
  out.children = std::move(plan.children);
  out.deletes = std::move(plan.deletes);
  out.questions = std::move(plan.questions);
  out.wake = plan.wake;
  return out;
}

}  // namespace millrace::engine
