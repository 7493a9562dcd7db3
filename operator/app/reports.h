// Reports of the engine become the one log line per pass that wrote or refused something, and metrics.
// Thread contract: as engine::Observer, from any thread.
#pragma once

#include "engine/observer.h"
#include "telemetry/log.h"
#include "telemetry/meters.h"

namespace millrace::app {

class Reports final : public engine::Observer {
 public:
  Reports(telemetry::Log& log, telemetry::Meters& meters, std::string lease) : log_(log), meters_(meters), lease_(std::move(lease)) {}
  void note(const engine::Report& report) override;
  void note(const engine::Sample& sample);  // just before a page of metrics is written

 private:
  void on(const engine::PassFinished& pass);
  void on(const engine::QueueMoved& queue);
  void on(const engine::CallDone& call);
  void on(const engine::WriteHeldBack& write);
  void on(const engine::LeaderChanged& change);
  void on(const engine::LeaseSlowPath& path);
  void on(const engine::Relisted& list);
  void on(const engine::WatchOpened& watch);
  void on(const engine::Undecodable& object);
  void on(const engine::SchemaJudged& schema);
  void on(const engine::ApiFound& api);
  void on(const engine::QueryDone& query);
  void on(const engine::WatchFailed& watch);
  void on(const engine::WatchSilent& watch);
  void on(const engine::ClockWasSet& clock);
  void on(const engine::Warned& warned);

  telemetry::Log& log_;
  telemetry::Meters& meters_;
  std::string lease_;
};

}  // namespace millrace::app
