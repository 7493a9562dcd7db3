#include "training_job/controller.h"

#include <algorithm>
#include <set>

#include "shared/labels.h"
#include "shared/rejection.h"
#include "training_job/observe.h"

namespace millrace::training_job {
namespace {

bool is_good(const std::string& reason) {
  static const std::set<std::string_view> kGood{"Running", "Unchanged", "VersionReady", "Restored", "Registered", "NewData", "CacheHit"};
  return kGood.contains(reason);
}

// One event per new entry of history: each is a transition (api.md).
std::vector<engine::Event> events(const Status& before, const Status& after) {
  std::vector<engine::Event> out;
  for (const History& h : after.history) {
    if (std::find(before.history.begin(), before.history.end(), h) != before.history.end()) continue;
    const auto type = is_good(h.reason) ? engine::Event::Type::Normal : engine::Event::Type::Warning;
    out.push_back({.type = type, .reason = h.reason, .action = "Train", .note = h.message});
  }
  return out;
}

class Trainer final : public engine::Controller {
 public:
  explicit Trainer(shared::Settings settings) : settings_(std::move(settings)) {}
  const kube::Resource& resource() const override { return kube::resources::kTrainingJob; }
  std::vector<engine::Kind> watches() const override {
    const std::string ours(engine::kOurs);
    return {engine::kind_of<TrainingJob>(), engine::kind_of<kube::Job>(ours, false, {std::string(shared::kResolverLabel)}),
            engine::kind_of<kube::Pod>(ours),
            engine::kind_of<model_version::ModelVersion>({}, false, {std::string(shared::kTrainingJobLabel)})};
  }
  std::optional<engine::Outcome> reconcile(const engine::World& world, const kube::ObjectKey& key) const override {
    const auto seen = observe(world, key);
    if (!seen) return std::nullopt;
    plan::Plan<Status> planned = plan(*seen, settings_);
    const Status after = planned.status.value_or(seen->job.status);
    engine::Outcome out = engine::outcome(seen->job, std::move(planned));
    out.events = events(seen->job.status, after);
    out.phase_from = seen->job.status.phase;
    out.phase_to = after.phase;
    if (const kube::Condition* c = kube::find(after.conditions, "Ready")) out.reason = c->reason;
    return out;
  }

  json::Object rejected(const engine::Unreadable& seen, core::Instant now) const override {
    return shared::rejection(seen.status, seen.meta.generation, seen.why, now);
  }

 private:
  shared::Settings settings_;
};

}  // namespace

std::unique_ptr<engine::Controller> make_controller(const shared::Settings& settings) { return std::make_unique<Trainer>(settings); }

}  // namespace millrace::training_job
