#include "support/toy/controller.h"

#include <algorithm>

#include "core/check.h"
#include "kube/model/children.h"
#include "kube/model/condition_json.h"
#include "kube/model/workloads.h"

namespace millrace::toy {
namespace {

using json::Array;
using json::Object;

struct Seen {
  Widget widget{};
  std::shared_ptr<const kube::Job> job{}, sweep{};
  std::shared_ptr<const kube::Deployment> deployment{};
  std::vector<plan::Refusal> refusals{};
  core::Instant now{};
};

kube::Parent parent_of(const Widget& w) { return {&Widget::kResource, w.meta}; }

Object pod(const std::string& app, const char* restart) {
  return {{"metadata", Object{{"labels", Object{{"app", app}, {std::string(kube::kManagedByLabel), kube::kManagedBy}}}}},
          {"spec", Object{{"restartPolicy", restart}, {"containers", Array{Object{{"name", "main"}, {"image", "example.org/toy:1"}}}}}}};
}

plan::Child build_job(const Widget& w) {
  Object o = kube::child_object(kube::resources::kJob, parent_of(w), w.meta.name + "-build", {});
  o["spec"] = Object{{"backoffLimit", 0}, {"template", pod(w.meta.name + "-build", "Never")}};
  return {.kind = &kube::resources::kJob, .name = w.meta.name + "-build", .keep = plan::Keep::CreatedOnce, .desired = std::move(o)};
}

// What must be done before a widget may go that has the option "hold".
plan::Child sweep_job(const Widget& w) {
  Object o = kube::child_object(kube::resources::kJob, parent_of(w), w.meta.name + "-sweep", {});
  o["spec"] = Object{{"backoffLimit", 0}, {"template", pod(w.meta.name + "-sweep", "Never")}};
  return {.kind = &kube::resources::kJob, .name = w.meta.name + "-sweep", .keep = plan::Keep::CreatedOnce, .desired = std::move(o)};
}

plan::Child pods(const Widget& w) {
  Object o = kube::child_object(kube::resources::kDeployment, parent_of(w), w.meta.name, {});
  o["spec"] = Object{{"selector", Object{{"matchLabels", Object{{"app", w.meta.name}}}}}, {"template", pod(w.meta.name, "Always")}};
  return {.kind = &kube::resources::kDeployment,
          .name = w.meta.name,
          .keep = plan::Keep::Frozen,
          .desired = std::move(o),
          .replicas = w.spec.replicas,
          .own_annotations = {{"toy.millrace.dev/colour", w.spec.colour}}};
}

plan::Child entry(const Widget& w) {
  Object o = kube::child_object(kube::resources::kService, parent_of(w), w.meta.name, {});
  o["spec"] = Object{{"selector", Object{{"app", w.meta.name}}},
                     {"ports", Array{Object{{"name", w.spec.colour}, {"port", 80}, {"protocol", "TCP"}, {"targetPort", 8080}}}}};
  return {.kind = &kube::resources::kService, .name = w.meta.name, .keep = plan::Keep::Living, .desired = std::move(o)};
}

std::string phase_of(const Seen& seen) {
  const bool was = seen.widget.status.phase == "Serving" || seen.widget.status.phase == "Built" || seen.deployment != nullptr;
  if (seen.job != nullptr && kube::is_true(seen.job->status.conditions, "Failed")) return "Failed";
  const bool built = was || (seen.job != nullptr && kube::is_true(seen.job->status.conditions, "Complete"));
  if (!built) return seen.job == nullptr ? "Pending" : "Building";
  return seen.deployment != nullptr && seen.deployment->status.available >= seen.widget.spec.replicas ? "Serving" : "Built";
}

constexpr const char* kHold = "toy.millrace.dev/hold";

// It goes once it was swept.
plan::Plan<Status> leaving(const Seen& seen) {
  if (std::ranges::find(seen.widget.meta.finalizers, kHold) == seen.widget.meta.finalizers.end()) return {};
  const bool swept = seen.sweep != nullptr && kube::is_true(seen.sweep->status.conditions, "Complete");
  plan::Plan<Status> out;
  out.status = seen.widget.status;
  out.status->phase = "Leaving";
  out.status->message = seen.refusals.empty() ? "" : seen.refusals.front().message;
  out.finalizers = {{kHold, !swept}};
  out.children = {sweep_job(seen.widget)};
  return out;
}

plan::Plan<Status> plan_of(const Seen& seen) {
  if (seen.widget.meta.deleting()) return leaving(seen);
  const std::string phase = phase_of(seen), told = seen.refusals.empty() ? phase : "Refused";
  plan::Plan<Status> out;
  out.finalizers = {{kHold, seen.widget.spec.options.contains("hold")}};
  Status status{.observed_generation = seen.widget.meta.generation,
                .phase = told,
                .ready = seen.deployment == nullptr ? 0 : seen.deployment->status.ready};
  const bool ready = told == "Serving";
  kube::set(status.conditions, seen.widget.status.conditions,
            {.type = "Ready",
             .status = ready ? "True" : "False",
             .observed_generation = seen.widget.meta.generation,
             .reason = told,
             .message = seen.refusals.empty() ? "" : seen.refusals.front().message},
            seen.now);
  out.status = std::move(status);
  const bool built = phase == "Built" || phase == "Serving" || seen.deployment != nullptr;
  if (!built) out.children.push_back(build_job(seen.widget));
  if (built) out.traffic.push_back(entry(seen.widget));
  if (built) out.children.push_back(pods(seen.widget));
  if (phase == "Serving" && seen.job != nullptr) {
    out.deletes.push_back({&kube::resources::kJob, seen.job->meta.name, seen.job->meta.uid, seen.job->meta.resource_version});
  }
  return out;
}

}  // namespace

std::vector<engine::Kind> WidgetController::watches() const {
  const std::string ours(engine::kOurs);
  return {engine::kind_of<Widget>(), engine::kind_of<kube::Job>(ours), engine::kind_of<kube::Deployment>(ours, true),
          engine::kind_of<kube::Service>(ours, true)};
}

std::optional<engine::Outcome> WidgetController::reconcile(const engine::World& world, const kube::ObjectKey& key) const {
  const auto widget = world.get<Widget>(key.name);
  if (widget == nullptr) return std::nullopt;
  if (widget->spec.colour == "poison") throw core::Bug("no widget has this colour");
  const Seen seen{.widget = *widget,
                  .job = world.get<kube::Job>(key.name + "-build"),
                  .sweep = world.get<kube::Job>(key.name + "-sweep"),
                  .deployment = world.get<kube::Deployment>(key.name),
                  .refusals = world.refusals(),
                  .now = world.now()};
  auto out = engine::outcome(*widget, plan_of(seen));
  out.phase_from = widget->status.phase;
  out.phase_to = seen.refusals.empty() ? phase_of(seen) : "Refused";
  if (out.phase_from != out.phase_to)
    out.events.push_back({.reason = out.phase_to, .action = "Reconcile", .note = "from " + out.phase_from});
  return out;
}

json::Object WidgetController::rejected(const engine::Unreadable& seen, core::Instant now) const {
  const kube::Conditions before = kube::conditions_of(seen.status);
  kube::Conditions conditions = before;
  kube::set(conditions, before, {.type = "Accepted", .status = "False", .reason = "Invalid", .message = seen.why}, now);
  return {{"phase", "Invalid"}, {"message", seen.why}, {"conditions", kube::to_json(conditions)}};
}

}  // namespace millrace::toy
