// A controller that asks: each minute the metrics source "p" how many requests a widget had, until there is a number, which then stands
// in its status for good; and whether there are HTTPRoutes. What it shows of the engine is facts from outside and an optional kind.
#pragma once

#include <chrono>

#include "engine/controller.h"

namespace millrace::toy {

class AskController final : public engine::Controller {
 public:
  static constexpr std::chrono::seconds kInterval{60};

  const kube::Resource& resource() const override;
  std::vector<engine::Kind> watches() const override;
  std::optional<engine::Outcome> reconcile(const engine::World& world, const kube::ObjectKey& key) const override;
  json::Object rejected(const engine::Unreadable& seen, core::Instant now) const override;
};

}  // namespace millrace::toy
