// Facts: questions of plans, each asked once for all who ask the same (D18, D33). A question is asked again when one with a later
// `at` comes; an event look-up at most once a minute per object; who cannot be reached is asked again after 10 s, 20 s … 5 min.
// The last answer stays readable while somebody asks. Nothing is asked at rest.
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
  static constexpr std::size_t kInFlight = 2;
  static constexpr std::size_t kMost = 5000;

  // The questions of `who`'s last plan replace those before.
  void ask(const Who& who, const std::vector<plan::Question>& questions);
  // The next question to put, if any; answered by answered().
  std::optional<Asked> next(core::Now now);
  static kube::Request request(const Asked& asked);
  // Who wants to know.
  std::set<Who> answered(const Asked& asked, const core::Result<kube::Response>& response, core::Now now);
  std::vector<plan::Fact> of(const Who& who) const;
  std::optional<core::Ticks> wake(core::Now now) const;

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
  std::optional<core::Instant> wanted(const Entry& entry) const;

  std::map<Asked, Entry> entries_{};
  std::map<Who, std::vector<Asked>> of_{};
  std::size_t in_flight_ = 0;
};
static_assert(std::copyable<Facts>);

}  // namespace millrace::engine
