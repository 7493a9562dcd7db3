#include "model_version/controller.h"

#include "inference_service/api/inference_service.h"
#include "model_version/observe.h"
#include "model_version/plan.h"
#include "shared/labels.h"
#include "shared/reasons.h"
#include "shared/rejection.h"

namespace millrace::model_version {
namespace {

class Controller final : public engine::Controller {
 public:
  explicit Controller(shared::Settings settings) : settings_(std::move(settings)) {}

  const kube::Resource& resource() const override { return kube::resources::kModelVersion; }

  std::vector<engine::Kind> watches() const override {
    const std::string ours(engine::kOurs);
    return {engine::kind_of<ModelVersion>(), engine::kind_of<inference_service::InferenceService>(),
            engine::kind_of<kube::Job>(ours, false, {std::string(shared::kDeletesLabel), std::string(shared::kComponentLabel)}),
            engine::kind_of<kube::Pod>(ours)};
  }

  std::optional<engine::Outcome> reconcile(const engine::World& world, const kube::ObjectKey& key) const override {
    const auto seen = observe(world, key);
    if (!seen) return std::nullopt;
    engine::Outcome out = engine::outcome(seen->version, plan(*seen, settings_));
    tell(*seen, out);
    return out;
  }

  json::Object rejected(const engine::Unreadable& seen, core::Instant now) const override {
    return shared::rejection(seen.status, seen.meta.generation, seen.why, now);
  }

 private:
  static std::string reason_of(const engine::Outcome& out) {
    const json::Value* conditions = out.status->at({"conditions"});
    for (const json::Value& c : conditions && conditions->array() ? *conditions->array() : json::Array{}) {
      if (c.text_at({"type"}) == "Ready") return c.text_at({"reason"});
    }
    return {};
  }

  // In a namespace that is being deleted no Event can be made either: the log names what was left.
  static void tell_leaving(const Observed& seen, engine::Outcome& out) {
    const auto* before = kube::find(seen.version.status.conditions, "Ready");
    const std::string reason = reason_of(out), message = out.status->text_at({"message"});
    out.reason = reason == shared::reason::kBytesLeft ? reason + ": " + message : reason;
    if (before != nullptr && before->reason == reason) return;
    const bool well = reason == shared::reason::kDeleting || reason == shared::reason::kDeleted || reason == shared::reason::kBytesKept;
    out.events.push_back(
        {.type = well ? engine::Event::Type::Normal : engine::Event::Type::Warning, .reason = reason, .action = "Delete", .note = message});
  }

  // Events are the difference between the observed and the planned status. That the bytes are compared is no news; how a service ended
  // with the version is that service's to tell, but for a failure.
  static void tell(const Observed& seen, engine::Outcome& out) {
    out.phase_from = out.phase_to = seen.version.status.phase;
    if (!out.status) return;
    out.phase_to = out.status->text_at({"phase"});
    if (seen.version.meta.deleting()) return tell_leaving(seen, out);
    const std::string result = out.status->text_at({"result"});
    if (seen.version.status.phase == out.phase_to && seen.version.status.result == result) return;
    out.reason = reason_of(out);
    const bool bad = out.phase_to == "Rejected" || out.phase_to == "Quarantined" || result == "RolledBack";
    const bool entered = seen.version.status.phase != out.phase_to && out.phase_to != "Verifying";
    if (!entered && !bad) return;
    out.events.push_back({.type = bad ? engine::Event::Type::Warning : engine::Event::Type::Normal,
                          .reason = out.reason,
                          .action = out.phase_to,
                          .note = out.status->text_at({"message"})});
  }

  shared::Settings settings_;
};

}  // namespace

std::unique_ptr<engine::Controller> make_controller(const shared::Settings& settings) { return std::make_unique<Controller>(settings); }

}  // namespace millrace::model_version
