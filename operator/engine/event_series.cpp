#include "engine/event_series.h"

#include <algorithm>

#include "core/check.h"
#include "core/hash.h"
#include "core/text.h"
#include "kube/client/verbs.h"
#include "kube/model/resource.h"

namespace millrace::engine {
namespace {

constexpr core::Duration kSeriesEnds{360'000};  // six minutes without a repeat
constexpr core::Duration kPause{10'000};        // after a failure
constexpr std::size_t kMostWaiting = 1000, kMostSent = 1000;
constexpr int kTries = 3;
constexpr const char* kReporter = "millrace.dev/operator";

std::string key_of(const kube::ObjectMeta& about, const Event& event) {
  const std::string type = event.type == Event::Type::Normal ? "Normal" : "Warning";
  return core::join({type, event.reason, event.action, about.uid}, "\n");
}

json::Value body_of(const kube::Resource& kind, const kube::ObjectMeta& about, const Event& event, const std::string& name,
                    const std::string& instance, core::Now now) {
  return json::Object{{"apiVersion", "events.k8s.io/v1"},
                      {"kind", "Event"},
                      {"metadata", json::Object{{"name", name}, {"namespace", about.ns}}},
                      {"eventTime", core::to_rfc3339_micro(now.wall)},
                      {"type", event.type == Event::Type::Normal ? "Normal" : "Warning"},
                      {"reason", core::cut(event.reason, 128)},
                      {"action", core::cut(event.action.empty() ? event.reason : event.action, 128)},
                      {"note", core::cut(core::to_utf8(event.note), 1024)},
                      {"reportingController", kReporter},
                      {"reportingInstance", core::cut(instance, 128)},
                      {"regarding", json::Object{{"apiVersion", kube::api_version(kind)},
                                                 {"kind", kind.kind},
                                                 {"name", about.name},
                                                 {"namespace", about.ns},
                                                 {"uid", about.uid},
                                                 {"resourceVersion", about.resource_version}}}};
}

}  // namespace

void EventSeries::wait(const std::string& key, Series& series) {
  if (!std::exchange(series.queued, true)) queue_.push_back(key);
}

void EventSeries::remember(const std::string& key, const Series& series) {
  sent_.emplace(series.touched, key);
  if (sent_.size() <= kMostSent) return;
  series_.erase(sent_.begin()->second);
  sent_.erase(sent_.begin());
}

void EventSeries::expire(core::Ticks now) {
  while (!sent_.empty() && sent_.begin()->first + kSeriesEnds < now) {
    series_.erase(sent_.begin()->second);
    sent_.erase(sent_.begin());
  }
}

void EventSeries::add(const kube::Resource& kind, const kube::ObjectMeta& about, const Event& event, core::Now now) {
  expire(now.mono);
  const std::string key = key_of(about, event);
  const auto it = series_.find(key);
  const bool has_place = it != series_.end() && (it->second.queued || it->second.under_way);
  if (!has_place && queue_.size() >= kMostWaiting) {
    ++dropped_;
    return;
  }
  Series& series = series_[key];
  if (it == series_.end()) {
    const std::string seed = key + "\n" + instance_ + "\n" + core::to_rfc3339(now.wall);
    series.ns = about.ns;
    series.about = about.uid;
    series.name = about.name.substr(0, 200) + "." + core::sha256_hex(seed).substr(0, 16);
    series.body = body_of(kind, about, event, series.name, instance_, now);
  } else {
    sent_.erase({series.touched, key});
    ++series.count;
  }
  series.last = now.wall;
  series.touched = now.mono;
  if (!series.under_way) wait(key, series);
}

// The first that may go now, but for the pause; the end: an answer has to come before.
EventSeries::Queue::const_iterator EventSeries::first() const {
  if (under_way_.size() >= (failed_ ? 1 : kInFlight)) return queue_.end();
  return std::find_if(queue_.begin(), queue_.end(), [&](const auto& key) { return !under_way_.contains(series_.at(key).about); });
}

std::optional<EventSeries::Telling> EventSeries::next(core::Now now) {
  const auto next = first();
  if (next == queue_.end() || now.mono < not_before_) return std::nullopt;
  Telling out{.which = *next};
  queue_.erase(next);
  Series& series = series_.at(out.which);
  under_way_.insert(series.about);
  series.queued = false;
  series.under_way = true;
  series.told = series.posted ? series.count : 1;
  if (series.posted) {
    const json::Value patch =
        json::Object{{"series", json::Object{{"count", series.count}, {"lastObservedTime", core::to_rfc3339_micro(series.last)}}}};
    out.request = kube::verbs::merge_patch(kube::resources::kEvent, {series.ns, series.name}, patch);
  } else {
    out.request = kube::verbs::create(kube::resources::kEvent, series.ns, series.body);
  }
  return out;
}

void EventSeries::answered(const std::string& which, const core::Result<kube::Response>& response, core::Now now) {
  const auto it = series_.find(which);
  MILLRACE_CHECK(it != series_.end() && it->second.under_way);
  Series& series = it->second;
  series.under_way = false;
  under_way_.erase(series.about);
  const int status = response ? response->status : 0;
  const bool was_posted = series.posted;
  if ((response && kube::verbs::succeeded(*response)) || (!was_posted && status == 409)) {  // 409: our own of a lost answer
    series.posted = true;
    series.failures = 0;
    failed_ = false;
    // Repeats that came while it was under way.
    return series.count > series.told ? wait(which, series) : remember(which, series);
  }
  if (was_posted && status == 404) series.posted = false;  // it lived for its hour: a new one
  failed_ = status == 0 || status == 429 || status >= 500;
  const bool later = failed_ || (was_posted && status == 404);
  if (!later || ++series.failures >= kTries) {
    ++dropped_;
    series_.erase(it);
    return;
  }
  if (failed_) not_before_ = now.mono + kPause;
  wait(which, series);
}

std::optional<core::Ticks> EventSeries::wake() const { return first() == queue_.end() ? std::nullopt : std::optional(not_before_); }

}  // namespace millrace::engine
