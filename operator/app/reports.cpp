#include "app/reports.h"

#include "core/text.h"

namespace millrace::app {

namespace {

using engine::PassFinished;
using telemetry::Level;

double seconds(core::Duration d) { return static_cast<double>(d.count()) / 1000; }

const char* result_label(PassFinished::Result result) {
  switch (result) {
    case PassFinished::Result::Success:
      return "success";
    case PassFinished::Result::RequeueAfter:
      return "requeue_after";
    case PassFinished::Result::Requeue:
      return "requeue";
    case PassFinished::Result::Error:
    case PassFinished::Result::Bug:
      return "error";
  }
  return "error";
}

bool failed(PassFinished::Result result) { return result == PassFinished::Result::Error || result == PassFinished::Result::Bug; }

}  // namespace

void Reports::note(const engine::Report& report) {
  std::visit([&](const auto& one) { on(one); }, report);
}

void Reports::on(const PassFinished& pass) {
  meters_.reconcile_total.with({pass.controller, result_label(pass.result)}).add();
  meters_.reconcile_seconds.with({pass.controller}).observe(seconds(pass.took));
  meters_.work_seconds.with({pass.controller, pass.controller}).observe(seconds(pass.took));
  if (failed(pass.result)) meters_.reconcile_errors.with({pass.controller}).add();
  if (pass.result == PassFinished::Result::Bug) {
    meters_.reconcile_panics.with({pass.controller}).add();
    meters_.bugs.with({pass.controller}).add();
  }
  if (pass.fence_conflict) meters_.fence_conflicts.with({}).add();
  for (const std::string& reason : pass.decided) meters_.decisions.with({pass.controller, reason}).add();
  if (pass.writes.empty() && !failed(pass.result)) return;
  telemetry::Fields fields{{"kind", pass.controller}, {"key", kube::to_text(pass.key)}};
  if (!pass.phase_to.empty())
    fields.push_back({"phase", pass.phase_from == pass.phase_to ? pass.phase_to : pass.phase_from + " → " + pass.phase_to});
  if (!pass.reason.empty()) fields.push_back({"reason", pass.reason});
  fields.push_back({"writes", core::join(pass.writes, "; ")});
  fields.push_back({"ms", static_cast<std::int64_t>(pass.took.count())});
  if (!pass.error.empty()) fields.push_back({"error", pass.error});
  log_.line(failed(pass.result) ? Level::Warn : Level::Info, "pass", fields);
}

void Reports::on(const engine::QueueMoved& queue) {
  meters_.queue_depth.with({queue.controller, queue.controller, ""}).set(static_cast<double>(queue.depth));
  meters_.queue_adds.with({queue.controller, queue.controller}).add(static_cast<double>(queue.adds));
  meters_.queue_retries.with({queue.controller, queue.controller}).add(static_cast<double>(queue.retries));
  meters_.active_workers.with({queue.controller}).set(static_cast<double>(queue.working));
  const auto waited = meters_.queue_seconds.with({queue.controller, queue.controller});
  for (const core::Duration each : queue.waited) waited.observe(seconds(each));
}

void Reports::on(const engine::CallDone&) {}  // the transport counts calls itself, watches too

void Reports::on(const engine::LeaderChanged& change) {
  meters_.leader.with({lease_}).set(change.leader ? 1 : 0);
  log_.info(change.leader ? "this process leads" : "this process does not lead", {{"lease", lease_}});
}

void Reports::on(const engine::Relisted& list) {
  meters_.relists.with({list.kind, list.why}).add();
  log_.line(Level::Debug, "listed", {{"kind", list.kind}, {"reason", list.why}});
}

void Reports::on(const engine::Undecodable& object) {
  log_.warn("an object cannot be read", {{"kind", object.kind}, {"key", kube::to_text(object.key)}, {"error", object.error}});
}

void Reports::on(const engine::SchemaJudged& schema) {
  meters_.crd_outdated.with({schema.kind, schema.file}).set(schema.trouble.empty() ? 0 : 1);
  if (!schema.trouble.empty()) {
    log_.error("a kind does not run", {{"kind", schema.kind}, {"error", schema.trouble}});
  } else if (schema.newer) {
    log_.warn("the CRD is newer than this program: statuses are merged", {{"kind", schema.kind}});
  } else {
    log_.line(Level::Debug, "the CRD is the one this program was made for", {{"kind", schema.kind}});
  }
}

void Reports::on(const engine::ApiFound& api) {
  meters_.api_installed.with({api.kind}).set(api.installed ? 1 : 0);
  const auto level = api.installed ? Level::Info : Level::Warn;
  log_.line(level, api.installed ? "an optional API is installed" : "an optional API is not installed: it is looked for every 30 s",
            {{"kind", api.kind}});
}

void Reports::on(const engine::QueryDone& query) {
  meters_.metrics_in_flight.with({query.source}).set(static_cast<double>(query.in_flight));
  if (query.result.empty()) return;
  meters_.metrics_queries.with({query.source, query.result}).add();
  meters_.metrics_seconds.with({query.source}).observe(seconds(query.took));
}

void Reports::on(const engine::WatchFailed& watch) { log_.warn("a watch ended", {{"kind", watch.kind}, {"error", watch.error}}); }

void Reports::on(const engine::Warned& warned) { log_.warn("the API server warns", {{"warning", warned.text}}); }

}  // namespace millrace::app
