// EventSeries: Events (events.k8s.io/v1) with repeats folded into a series by PATCH (C48). Best effort: four calls at once, about one
// object one and in the order they were told, one at all after a failure; at most 1000 wait; dropped after three failures; never part of a
// pass. Of those that were sent the last 1000 are known
// for six minutes: a repeat of another one is an event of its own. Names are deterministic.
#pragma once

#include <concepts>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/result.h"
#include "core/time.h"
#include "engine/controller.h"
#include "kube/client/transport.h"

namespace millrace::engine {

class EventSeries {
 public:
  static constexpr std::size_t kInFlight = 4;
  EventSeries() = default;
  explicit EventSeries(std::string instance) : instance_(std::move(instance)) {}

  void add(const kube::Resource& kind, const kube::ObjectMeta& about, const Event& event, core::Now now);
  struct Telling {
    std::string which{};
    kube::Request request{};
  };
  std::optional<Telling> next(core::Now now);  // until there is none; each is answered by answered()
  void answered(const std::string& which, const core::Result<kube::Response>& response, core::Now now);
  std::optional<core::Ticks> wake() const;
  std::uint64_t dropped() const { return dropped_; }

 private:
  struct Series {
    std::string ns{}, name{}, about{};  // about: its uid
    json::Value body{};
    int count = 1, told = 0;  // how often it happened; what is under way or was said of that
    core::Instant last{};
    core::Ticks touched{};
    bool posted = false, queued = false, under_way = false;
    int failures = 0;
  };
  using Queue = std::deque<std::string>;
  Queue::const_iterator first() const;
  void wait(const std::string& key, Series& series);
  void remember(const std::string& key, const Series& series);
  void expire(core::Ticks now);

  std::string instance_{};
  std::map<std::string, Series> series_{};  // by type, reason, action, regarding: under way, in `queue_`, or in `sent_`
  Queue queue_{};
  std::set<std::pair<core::Ticks, std::string>> sent_{};  // when it was last told of, which
  std::set<std::string> under_way_{};                     // uids that they are about
  bool failed_ = false;                                   // the last answer was that it could not be told now
  core::Ticks not_before_{};
  std::uint64_t dropped_ = 0;
};
static_assert(std::copyable<EventSeries>);

}  // namespace millrace::engine
