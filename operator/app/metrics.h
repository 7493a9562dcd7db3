// The metrics sources, wired: what controllers may know of them, and how the driver's queries reach them.
#pragma once

#include <memory>
#include <vector>

#include "app/run.h"
#include "engine/driver/threaded.h"
#include "metrics_source/client.h"
#include "shared/settings.h"

namespace millrace::app {

class Metrics final : public engine::MetricsTransport {
 public:
  // Error Invalid names the option and what is allowed.
  static core::Result<std::unique_ptr<Metrics>> start(const RunOptions& options);
  const std::vector<shared::MetricsSource>& sources() const { return sources_; }
  void ask(const engine::Call& call, Done done) override;
  void stop() override { client_->stop(); }

 private:
  std::unique_ptr<metrics_source::Client> client_{};
  std::vector<shared::MetricsSource> sources_{};
};

}  // namespace millrace::app
