// The controller of the toy kind: a Job first; when it is complete, a Deployment and a Service in front of it.
// One child of each class, a phase derived from children, a volatile count, events: enough to try the engine and the simulator. A widget
// of the colour "poison" is a bug of its controller.
#pragma once

#include "engine/controller.h"
#include "support/toy/widget.h"

namespace millrace::toy {

class WidgetController final : public engine::Controller {
 public:
  const kube::Resource& resource() const override { return Widget::kResource; }
  std::vector<engine::Kind> watches() const override;
  std::optional<engine::Outcome> reconcile(const engine::World& world, const kube::ObjectKey& key) const override;
  json::Object rejected(const engine::Unreadable& seen, core::Instant now) const override;
};

}  // namespace millrace::toy
