#include "app/reports.h"

#include "core/text.h"

namespace millrace::app {

namespace {

using engine::PassFinished;
using telemetry::Level;

double seconds(core::Duration d) { return static_cast<double>(d.count()) / 1000; }

const char* result_label(const PassFinished& pass) {
  if (pass.terminal) return "error";
  switch (pass.result) {
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

// Of a write: what came of it.
const char* write_result(int code) {
  if (code >= 200 && code < 300) return "done";
  if (code == 409) return "conflict";
  return code >= 400 && code < 500 && code != 401 && code != 408 && code != 429 ? "refused" : "failed";
}

// Of a plan's question to the API server.
const char* question_result(int code) {
  if (code >= 200 && code < 300) return "answered";
  return code == 404 ? "absent" : "failed";
}

bool failed(PassFinished::Result result) { return result == PassFinished::Result::Error || result == PassFinished::Result::Bug; }

}  // namespace

void Reports::note(const engine::Report& report) {
  std::visit([&](const auto& one) { on(one); }, report);
}

void Reports::note(const engine::Sample& sample) {
  for (const auto& kind : sample.kinds) {
    meters_.cache_objects.with({kind.kind}).set(static_cast<double>(kind.objects));
    meters_.cache_bytes.with({kind.kind}).set(static_cast<double>(kind.bytes));
    meters_.watch_age_seconds.with({kind.kind}).set(seconds(kind.watch_age.value_or(core::Duration{0})));
    if (kind.last_event) meters_.watch_last_event_seconds.with({kind.kind}).set(seconds(*kind.last_event));
  }
  for (const auto& controller : sample.controllers) {
    meters_.unfinished_work_seconds.with({controller.controller, controller.controller}).set(seconds(controller.unfinished));
    meters_.longest_running_seconds.with({controller.controller, controller.controller}).set(seconds(controller.longest));
  }
  meters_.clock_behind_seconds.with({}).set(seconds(sample.clock_behind));
}

void Reports::on(const PassFinished& pass) {
  meters_.reconcile_total.with({pass.controller, result_label(pass)}).add();
  meters_.reconcile_seconds.with({pass.controller}).observe(seconds(pass.took));
  meters_.work_seconds.with({pass.controller, pass.controller}).observe(seconds(pass.took));
  if (failed(pass.result) || pass.terminal) meters_.reconcile_errors.with({pass.controller}).add();
  if (pass.terminal) meters_.terminal_errors.with({pass.controller}).add();
  if (pass.result == PassFinished::Result::Bug) {
    meters_.reconcile_panics.with({pass.controller}).add();
    meters_.bugs.with({pass.controller}).add();
  }
  if (pass.fence_conflict) meters_.fence_conflicts.with({}).add();
  if (pass.same_statuses > 0) meters_.writes.with({"status", "skipped"}).add(static_cast<double>(pass.same_statuses));
  if (pass.same_children > 0) meters_.writes.with({"apply", "skipped"}).add(static_cast<double>(pass.same_children));
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
  // The priorities of controller-runtime: what the first list brought has -100.
  meters_.queue_depth.with({queue.controller, queue.controller, "0"}).set(static_cast<double>(queue.depth - queue.low));
  meters_.queue_depth.with({queue.controller, queue.controller, "-100"}).set(static_cast<double>(queue.low));
  meters_.queue_adds.with({queue.controller, queue.controller}).add(static_cast<double>(queue.adds));
  meters_.queue_retries.with({queue.controller, queue.controller}).add(static_cast<double>(queue.retries));
  meters_.active_workers.with({queue.controller}).set(static_cast<double>(queue.working));
  const auto waited = meters_.queue_seconds.with({queue.controller, queue.controller});
  for (const core::Duration each : queue.waited) waited.observe(seconds(each));
}

// The transport counts calls itself, watches too.
void Reports::on(const engine::CallDone& call) {
  if (!call.write.empty()) meters_.writes.with({call.write, write_result(call.code)}).add();
  if (!call.live_read.empty()) meters_.live_reads.with({call.live_read}).add();
  if (call.question) meters_.questions.with({question_result(call.code)}).add();
  if (call.fenced) meters_.fencing_rejections.with({}).add();
}

void Reports::on(const engine::WriteHeldBack&) { meters_.fencing_rejections.with({}).add(); }

void Reports::on(const engine::LeaderChanged& change) {
  meters_.leader.with({lease_}).set(change.leader ? 1 : 0);
  log_.info(change.leader ? "this process leads" : "this process does not lead", {{"lease", lease_}});
}

void Reports::on(const engine::LeaseSlowPath&) { meters_.leader_slowpath.with({lease_}).add(); }

void Reports::on(const engine::WatchOpened& watch) { meters_.watch_starts.with({watch.kind}).add(); }

void Reports::on(const engine::Relisted& list) {
  meters_.relists.with({list.kind, list.reason}).add();
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

void Reports::on(const engine::WatchSilent& watch) { meters_.watch_idle_timeouts.with({watch.kind}).add(); }

void Reports::on(const engine::ClockWasSet& clock) {
  log_.warn("the system's clock was set: this process goes after it slowly", {{"behind_seconds", seconds(clock.behind)}});
}

void Reports::on(const engine::Warned& warned) { log_.warn("the API server warns", {{"warning", warned.text}}); }

}  // namespace millrace::app
