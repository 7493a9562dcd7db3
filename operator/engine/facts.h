// Facts: questions of plans, each asked once for all who ask the same (D18, D33). A question is asked again when one with a later
// `at` comes; an event look-up at most once a minute per object; who cannot be reached is asked again after 10 s, 20 s … 5 min (a metrics
// source: at most 1 min). The last answer stays readable while somebody asks; of a query the newest, also when the source did not answer:
// no number is newer than the instant it is about (D32). Nothing is asked at rest.
// The API server and each metrics source have a lane of their own, with caps of its own: none waits for another. In a lane who waits
// longest is next.
#pragma once

#include <concepts>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/time.h"
#include "kube/client/transport.h"
#include "plan/plan.h"

namespace millrace::engine {

// Who has a pass: a controller (by its place in the list) and a key.
struct Who {
  std::size_t controller = 0;
  kube::ObjectKey key{};
  auto operator<=>(const Who&) const = default;
};

class Facts {
 public:
  struct Asked {  // identity of a question: what, in which namespace
    std::string ns{};
    decltype(plan::Question::what) what{};
    auto operator<=>(const Asked&) const = default;
  };
  static constexpr std::size_t kInFlight = 2, kQueriesInFlight = 20;  // per lane
  static constexpr core::Duration kPace{20};                          // between two queries to one source, but for kBurst in a row
  static constexpr int kBurst = 20;
  static constexpr std::size_t kMost = 5000;  // per lane

  // The questions of `who`'s last plan replace those before.
  void ask(const Who& who, const std::vector<plan::Question>& questions);
  // The next question to put, if any; answered by answered().
  std::optional<Asked> next(core::Now now);
  kube::Request request(const Asked& asked) const;  // of what next() gave
  // Who wants to know.
  std::set<Who> answered(const Asked& asked, const core::Result<kube::Response>& response, core::Now now);
  std::vector<plan::Fact> of(const Who& who) const;
  std::optional<core::Ticks> wake(core::Now now) const;
  std::size_t in_flight(const std::string& source) const;  // queries

 private:
  struct Entry {
    std::map<Who, core::Instant> who{};
    std::optional<plan::Fact> fact{};
    bool in_flight = false;
    core::Instant asked_at{};  // the `at` that the flight or the last answer is about
    bool answered = false;
    core::Ticks not_before{};
    int failures = 0;
  };
  struct Lane {
    std::map<Asked, Entry> entries{};
    std::size_t in_flight = 0;
    core::Ticks spent{};  // token bucket: the instant at which it is full again
  };
  static std::optional<core::Instant> wanted(const Entry& entry);
  static std::optional<core::Ticks> due(const Entry& entry, core::Now now);
  Lane* lane_of(const Asked& asked);
  const Entry* find(const Asked& asked) const;
  Entry* take(Lane& lane, bool queries, core::Now now, Asked& asked);

  std::map<std::string, Lane> lanes_{};  // by the source's name; "": the API server's
  std::map<Who, std::vector<Asked>> of_{};
};
static_assert(std::copyable<Facts>);

}  // namespace millrace::engine
