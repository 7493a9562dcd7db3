#include "engine/event_series.h"

#include <algorithm>

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
  const bool waits = it != series_.end() && it->second.queued;
  if (!waits && queue_.size() >= kMostWaiting) {
    ++dropped_;
    return;
  }
  Series& series = series_[key];
  if (it == series_.end()) {
    const std::string seed = key + "\n" + instance_ + "\n" + core::to_rfc3339(now.wall);
    series.ns = about.ns;
    series.name = about.name.substr(0, 200) + "." + core::sha256_hex(seed).substr(0, 16);
    series.body = body_of(kind, about, event, series.name, instance_, now);
  } else {
    sent_.erase({series.touched, key});
    ++series.count;
  }
  series.last = now.wall;
  series.touched = now.mono;
  wait(key, series);
}

std::optional<kube::Request> EventSeries::next(core::Now now) {
  if (in_flight_ || queue_.empty() || now.mono < not_before_) return std::nullopt;
  in_flight_ = queue_.front();
  queue_.pop_front();
  Series& series = series_.at(*in_flight_);
  series.queued = false;
  if (!series.posted) return kube::verbs::create(kube::resources::kEvent, series.ns, series.body);
  const json::Value patch =
      json::Object{{"series", json::Object{{"count", series.count}, {"lastObservedTime", core::to_rfc3339_micro(series.last)}}}};
  return kube::verbs::merge_patch(kube::resources::kEvent, {series.ns, series.name}, patch);
}

void EventSeries::answered(const core::Result<kube::Response>& response, core::Now now) {
  if (!in_flight_) return;
  const std::string key = *std::exchange(in_flight_, {});
  const auto it = series_.find(key);
  if (it == series_.end()) return;
  Series& series = it->second;
  const int status = response ? response->status : 0;
  const bool was_posted = series.posted;
  if ((response && kube::verbs::succeeded(*response)) || (!was_posted && status == 409)) {  // 409: our own of a lost answer
    series.posted = true;
    series.failures = 0;
    if (!was_posted && series.count > 1) wait(key, series);  // repeats that came while it was under way
    if (!series.queued) remember(key, series);
    return;
  }
  if (was_posted && status == 404) series.posted = false;  // it lived for its hour: a new one
  const bool later = status == 0 || status == 429 || status >= 500 || (was_posted && status == 404);
  if (!later || ++series.failures >= kTries) {
    ++dropped_;
    series_.erase(it);
    std::erase(queue_, key);
    return;
  }
  if (status != 404) not_before_ = now.mono + kPause;
  wait(key, series);
}

std::optional<core::Ticks> EventSeries::wake() const {
  if (in_flight_ || queue_.empty()) return std::nullopt;
  return not_before_;
}

}  // namespace millrace::engine
