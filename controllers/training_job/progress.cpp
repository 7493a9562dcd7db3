#include "training_job/progress.h"

#include <algorithm>
#include <cmath>

#include "shared/pods.h"
#include "training_job/parts.h"
#include "training_job/pinned.h"
#include "training_job/reporting.h"

namespace millrace::training_job {
namespace {

constexpr std::chrono::seconds kPause{30};
constexpr std::int64_t kMost = 1'000'000'000'000'000;
constexpr std::size_t kMostMetrics = 64, kLongestName = 40;
constexpr double kFarthest = 366.0 * 24 * 3600;  // seconds: what would take longer is no estimate

core::Error invalid(std::string why) { return {.code = core::ErrorCode::Invalid, .message = std::move(why)}; }

std::optional<std::int64_t> count(const json::Value& of, std::string_view name) {
  const json::Value* v = of.at({name});
  const auto n = v ? v->integer() : std::nullopt;
  return n && *n >= 0 && *n <= kMost ? n : std::nullopt;
}

core::Result<json::StringMap> metrics_of(const json::Value& report) {
  const json::Value* all = report.at({"metrics"});
  json::StringMap out;
  if (all == nullptr) return out;
  if (all->object() == nullptr || all->object()->size() > kMostMetrics) return invalid("metrics: must be an object of at most 64 numbers");
  for (const auto& [name, value] : all->object()->members()) {
    const auto number = value.number();
    if (!number || !std::isfinite(*number) || name.size() > kLongestName)
      return invalid("metrics: names have at most 40 bytes, values are finite numbers");
    out[name] = json::dump(value);
  }
  return out;
}

// Of the attempt that goes; nullopt: nothing was told of it.
std::optional<Report> heard(const Draft& d) {
  const json::Value& what = d.seen.heard.what;
  if (count(what, "run") != d.status.run.number || count(what, "attempt") != d.status.run.attempt) return std::nullopt;
  Report out{.done = count(what, "done").value_or(0), .total = count(what, "total").value_or(0)};
  if (auto metrics = metrics_of(what)) out.metrics = std::move(*metrics);
  return out;
}

// By the pace since the first report: an attempt that resumes begins with much that it has not done itself.
std::optional<core::Instant> estimate(const ProgressStatus& p, core::Instant told) {
  const auto took = static_cast<double>((told - *p.since).count());
  if (p.done <= p.from || took <= 0) return std::nullopt;
  const double left = took * static_cast<double>(p.total - p.done) / static_cast<double>(p.done - p.from);
  if (left > kFarthest) return std::nullopt;
  return told + std::chrono::seconds(static_cast<std::int64_t>(std::ceil(left)));
}

json::StringMap wanted(const Spec& spec, const json::StringMap& metrics) {
  json::StringMap out;
  for (const std::string& name : reported_metrics(spec)) {
    if (const auto it = metrics.find(name); it != metrics.end()) out.insert(*it);
  }
  return out;
}

bool trains(const kube::Pod& pod) {
  return std::any_of(pod.status.containers.begin(), pod.status.containers.end(),
                     [](const kube::ContainerStatus& c) { return c.name == "train" && c.state.running; });
}

}  // namespace

core::Result<Report> parse_report(std::string_view text) {
  const auto parsed = json::parse(text);
  if (!parsed) return parsed.error();
  if (parsed->object() == nullptr) return invalid("must be an object");
  const auto done = count(*parsed, "done"), total = count(*parsed, "total");
  if (!total || *total == 0) return invalid("total: must be a whole number of at least 1");
  if (!done || *done > *total) return invalid("done: must be a whole number from 0 to total");
  MILLRACE_TRY(metrics, metrics_of(*parsed));
  return Report{.done = *done, .total = *total, .metrics = std::move(metrics)};
}

json::Value told(const Report& report, std::int64_t run, std::int64_t attempt) {
  json::Object metrics;
  for (const auto& [name, value] : report.metrics) metrics[name] = json::parse(value).value_or(json::Value());
  return json::Object{{"run", run}, {"attempt", attempt}, {"done", report.done}, {"total", report.total}, {"metrics", std::move(metrics)}};
}

void note_progress(Draft& d) {
  ProgressStatus& p = d.run().progress;
  const auto report = d.settings.reports ? heard(d) : std::nullopt;
  if (!report) return;
  json::StringMap metrics = wanted(d.spec, report->metrics);
  if (p.time && p.done == report->done && p.total == report->total && p.metrics == metrics) return;
  if (p.time && d.seen.now < *p.time + kPause) return d.wake_at(*p.time + kPause);
  if (!p.since || report->done < p.done) {  // the first one, or train has begun anew
    p.since = d.seen.heard.at;
    p.from = report->done;
  }
  p.time = d.seen.now;
  p.done = report->done;
  p.total = report->total;
  p.percent = std::to_string(100 * report->done / report->total) + "%";
  p.metrics = std::move(metrics);
  d.run().eta = estimate(p, d.seen.heard.at);
}

std::optional<shared::Cause> stalled(Draft& d, const kube::Job& job) {
  const core::Duration span = d.spec.deadlines.stall;
  const auto pods = shared::pods_of(job, d.seen.pods);
  const bool goes = std::any_of(pods.begin(), pods.end(), [](const auto& pod) { return trains(*pod); });
  if (span.count() == 0 || !d.settings.reports || !goes) return std::nullopt;
  // A pod that was made for another place of reports, or for none, cannot be heard.
  const auto pinned = read_pinned(job.meta);
  if (!pinned || pinned->reports != reports_mark(d.settings.reports)) return std::nullopt;
  // While nobody listened nothing could be told: the span begins anew.
  core::Instant since = std::max(d.run().train_at.value_or(d.seen.now), d.seen.heard.since);
  since = std::max(since, d.run().progress.time.value_or(since));
  if (heard(d)) since = std::max(since, d.seen.heard.at);
  const core::Instant limit = since + std::chrono::ceil<std::chrono::seconds>(span);
  if (d.seen.now < limit) {
    d.wake_at(limit);
    return std::nullopt;
  }
  const ProgressStatus& p = d.run().progress;
  return shared::Cause{.reason = std::string(shared::reason::kStalled),
                       .message = "train told of no progress for " + core::for_people(span) + " (deadlines.stall)" +
                                  (p.percent.empty() ? ", nor before" : ", the last was " + p.percent),
                       .container = "train",
                       .over = true};
}

}  // namespace millrace::training_job
