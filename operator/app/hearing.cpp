#include "app/hearing.h"

#include <chrono>
#include <cstdlib>
#include <thread>

#include "app/bind.h"
#include "engine/driver/clock.h"

namespace millrace::app {
namespace {

constexpr int kTries = 5;
constexpr std::chrono::seconds kBetween{2};

core::Error invalid(std::string why) { return {.code = core::ErrorCode::Invalid, .message = "--reports: " + std::move(why)}; }

// The API server may be coming up, as we are.
core::Result<reports::Found> find_patiently(kube::Transport& calls, const reports::Place& place) {
  for (int i = 1;; ++i) {
    auto found = reports::find(calls, place, engine::read_clocks().wall);
    if (found || found.error().code != core::ErrorCode::Unavailable || i == kTries) return found;
    std::this_thread::sleep_for(kBetween);
  }
}

reports::Around around(engine::ThreadedDriver& driver) {
  return {.leads = [&driver] { return driver.leader(); },
          .pod = [&driver](const kube::ObjectKey& key) { return driver.find<kube::Pod>(key); },
          .job = [&driver](const kube::ObjectKey& key) { return driver.find<kube::Job>(key); },
          .tell = [&driver](const engine::Told& what) { driver.tell(what); },
          .now = [] { return engine::read_clocks().mono; }};
}

}  // namespace

core::Result<Hearing> Hearing::find(const RunOptions& options, const std::string& ns, kube::Transport& calls) {
  if (!options.ns.empty()) return invalid("tokens are reviewed by a right of the whole cluster: not together with --namespace");
  const char* address = std::getenv("POD_IP");
  if (address == nullptr || *address == '\0') return invalid("POD_IP must say the address of this pod");
  MILLRACE_TRY(bind, parse_bind("--reports-bind", options.reports_bind));
  reports::Place place{.ns = ns, .name = options.reports};
  auto found = find_patiently(calls, place);
  if (!found) return invalid(found.error().message);
  return Hearing(calls, std::move(place), *std::move(found), address, std::move(bind));
}

core::Result<void> Hearing::serve(engine::ThreadedDriver& driver, telemetry::Log& log) {
  intake_ = std::make_unique<reports::Intake>(*calls_, around(driver));
  MILLRACE_TRY(server, endpoints::PostServer::start(bind_, found_.certificate, [intake = intake_.get()](const endpoints::Posted& posted) {
                 return intake->hear(posted);
               }));
  server_ = std::move(server);
  const auto say = [this, &log] {
    auto said = reports::announce(*calls_, place_, address_, server_->port());
    if (!said) log.warn("pods cannot be told where reports go", {{"error", said.error().message}});
    return said;
  };
  announcer_ = std::make_unique<reports::Announcer>([&driver] { return driver.leader(); }, say);
  return {};
}

}  // namespace millrace::app
