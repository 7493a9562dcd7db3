// Hearing: `--reports` wired up. First what pods are given is found, since controllers render it; then, beside a driver, the server
// listens and the leader says where.
// Thread contract: made and destroyed by main's thread; the server and the announcer have threads of their own.
#pragma once

#include <memory>
#include <optional>

#include "app/run.h"
#include "engine/driver/threaded.h"
#include "reports/announcer.h"
#include "reports/intake.h"
#include "reports/place.h"
#include "telemetry/log.h"

namespace millrace::app {

class Hearing {
 public:
  // `ns`: the operator's own. Error: it cannot be had, in a sentence.
  static core::Result<Hearing> find(const RunOptions& options, const std::string& ns, kube::Transport& calls);

  const shared::Reports& reports() const { return found_.reports; }
  core::Result<void> serve(engine::ThreadedDriver& driver, telemetry::Log& log);

 private:
  Hearing(kube::Transport& calls, reports::Place place, reports::Found found, std::string address, endpoints::ServerOptions bind)
      : calls_(&calls), place_(std::move(place)), found_(std::move(found)), address_(std::move(address)), bind_(std::move(bind)) {}

  kube::Transport* calls_;
  reports::Place place_;
  reports::Found found_;
  std::string address_;  // of this pod
  endpoints::ServerOptions bind_;
  std::unique_ptr<reports::Intake> intake_{};
  std::unique_ptr<endpoints::PostServer> server_{};
  std::unique_ptr<reports::Announcer> announcer_{};
};

}  // namespace millrace::app
