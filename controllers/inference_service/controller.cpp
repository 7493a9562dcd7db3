#include "inference_service/controller.h"

#include <algorithm>

#include "inference_service/observe.h"
#include "inference_service/plan.h"
#include "shared/labels.h"
#include "shared/rejection.h"

namespace millrace::inference_service {
namespace {

engine::Event::Type type_of(std::string_view reason) {
  const bool bad = reason == "RolledBack" || reason == "NoCapacity" || reason == "Degraded" || reason == "AnalysisFailed" ||
                   reason == "IntentRefused" || reason == "IntentExpired";
  return bad ? engine::Event::Type::Warning : engine::Event::Type::Normal;
}

// One event per decision, and one when the object stalls for a cause that is no decision of ours. To wait for a version is no fault.
std::vector<engine::Event> events_between(const Status& before, const Status& after) {
  std::vector<engine::Event> out;
  for (const History& entry : after.history) {
    if (std::find(before.history.begin(), before.history.end(), entry) != before.history.end()) continue;
    out.push_back({type_of(entry.reason), entry.reason, "Rollout", entry.message});
  }
  for (const char* type : {"Accepted", "Stalled"}) {
    const kube::Condition* now = kube::find(after.conditions, type);
    const kube::Condition* then = kube::find(before.conditions, type);
    const bool bad = now && now->status == (std::string_view(type) == "Accepted" ? "False" : "True");
    const bool news = !then || then->status != now->status || then->reason != now->reason;
    const bool told = now && (now->reason == "RolledBack" || now->reason == "ModelVersionNotReady");
    if (bad && news && !told) out.push_back({engine::Event::Type::Warning, now->reason, type, now->message});
  }
  return out;
}

class InferenceServiceController final : public engine::Controller {
 public:
  explicit InferenceServiceController(const shared::Settings& settings) : settings_(settings) {}

  const kube::Resource& resource() const override { return kube::resources::kInferenceService; }

  std::vector<engine::Kind> watches() const override {
    const std::string ours(engine::kOurs);
    return {engine::kind_of<InferenceService>(),
            engine::kind_of<model_version::ModelVersion>(),
            engine::kind_of<kube::Deployment>(ours, true),
            engine::kind_of<kube::ControllerRevision>(ours),
            engine::kind_of<kube::PodDisruptionBudget>(ours, true),
            engine::kind_of<kube::Service>(ours, true),
            engine::kind_of<kube::EndpointSlice>(ours, false, {"kubernetes.io/service-name"}),
            engine::optional(engine::kind_of<kube::HttpRoute>(ours, true)),
            engine::kind_of<kube::Pod>(ours, false, {std::string(shared::kInferenceServiceLabel)})};
  }

  std::optional<engine::Outcome> reconcile(const engine::World& world, const kube::ObjectKey& key) const override {
    const auto seen = observe(world, key);
    if (!seen) return std::nullopt;
    auto planned = plan(*seen, settings_);
    const Status& before = seen->service.status;
    std::vector<engine::Event> events;
    std::string to = before.phase, reason;
    if (planned.status) {
      events = events_between(before, *planned.status);
      to = planned.status->phase;
      if (const auto* ready = kube::find(planned.status->conditions, "Ready")) reason = ready->reason;
    }
    engine::Outcome out = engine::outcome(seen->service, std::move(planned));
    out.events = std::move(events);
    out.phase_from = before.phase;
    out.phase_to = std::move(to);
    out.reason = std::move(reason);
    return out;
  }

  json::Object rejected(const engine::Unreadable& seen, core::Instant now) const override {
    return shared::rejection(seen.status, seen.meta.generation, seen.why, now);
  }

 private:
  shared::Settings settings_;
};

}  // namespace

std::unique_ptr<engine::Controller> make_controller(const shared::Settings& settings) {
  return std::make_unique<InferenceServiceController>(settings);
}

}  // namespace millrace::inference_service
