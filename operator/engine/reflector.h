// Reflector: list and watch of one kind as a machine (C1–C13, C19). WatchList first; after two attempts or 60 s without its end,
// paged lists, for good. A clean end goes on from the last resourceVersion; 410 in both forms, and a resourceVersion that the server
// does not know yet, list anew from "" (quorum): never back in time. Delays and the lives of watches are scattered by `seed`, so that not
// all watches of a cluster come back at the same moment.
// Failures back off until a watch tells something; lists take half of the time at most.
// A page or a stream is asked for one at a time; each is answered by page() or ended(). Times are monotonic.
// An optional kind whose API the cluster lacks counts as listed and empty, and is looked for again every 30 s.
// Sources: client-go tools/cache/reflector.go, KEP-3157 (WatchList).
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/time.h"
#include "kube/client/transport.h"
#include "kube/model/resource.h"

namespace millrace::engine {

struct Change {
  enum class What { Put, Gone, Replace };
  What what = What::Put;
  std::vector<std::string> objects{};  // JSON; one, or all of a Replace
  std::string resource_version{};      // of a Replace: the list's
  bool installed = true;               // of a Replace: false when the cluster lacks the API of an optional kind
  bool operator==(const Change&) const = default;
};

class Reflector {
 public:
  struct Wants {
    std::optional<kube::Request> list{}, watch{};  // at most one of them
    bool close = false;                            // end the open stream; ended() follows
    std::vector<Change> changes{};
    std::string relisted{}, failed{};  // why, for reports
    std::string reason{};              // of `relisted`, as one of a few words
    bool silent = false;               // the stream was given up since nothing came
  };
  static constexpr core::Duration kIdle{95'000};  // a stream without a byte for so long is dead: bookmarks come each minute

  Reflector() = default;
  Reflector(const kube::Resource* kind, std::string ns, std::string selector, bool optional = false, std::uint64_t seed = 0);

  Wants start(core::Ticks now);
  Wants page(const core::Result<kube::Response>& response, core::Ticks now);
  Wants line(std::string_view line, core::Ticks now);
  Wants ended(const core::Result<void>& how, core::Ticks now);
  Wants tick(core::Ticks now);

  bool synced() const { return synced_; }
  std::optional<core::Ticks> open_since() const;               // of the stream; none: there is none
  std::optional<core::Ticks> heard() const { return heard_; }  // when something last came; none: it was never asked for
  std::optional<core::Ticks> wake() const { return wake_; }

 private:
  enum class State { Idle, Listing, WatchListing, Watching, Waiting };
  enum class Next { Watch, Sync };
  Wants sync(core::Ticks now);
  Wants list_page();
  Wants watch(core::Ticks now);
  struct Why {
    std::string reason{}, text{};
  };
  Wants wait(Next next, core::Ticks now, Why why, std::optional<core::Duration> at_least);
  Wants initial_line(std::string_view type, std::string_view object, core::Ticks now);
  Wants error_line(std::string_view status);
  Wants initial_ended(const std::optional<core::Error>& error, Why why, bool told, core::Ticks now);
  Wants over(const core::Result<void>& how, core::Ticks now);
  Wants close(Why why);
  Wants missing(core::Ticks now, const std::string& why);
  Wants watch_list_failed(core::Ticks now, std::string why, bool unsupported);
  std::chrono::seconds watch_time();
  core::Duration scattered(core::Duration wait);

  const kube::Resource* kind_ = nullptr;
  std::string ns_{}, selector_{};
  State state_ = State::Idle;
  Next next_ = Next::Sync;
  std::string resource_version_{}, continue_{};
  std::optional<Why> closing_{};               // why we end the stream ourselves
  std::optional<core::Error> stream_error_{};  // an ERROR event inside the stream
  std::vector<std::string> batch_{};           // objects of a list that is not complete yet
  std::optional<core::Ticks> wake_{};
  core::Ticks began_{}, last_failure_{}, opened_{};
  std::optional<core::Ticks> heard_{};
  core::Duration list_took_{};                               // the last whole one
  int failures_ = 0, watch_list_attempts_ = 0, events_ = 0;  // events_: lines of this stream
  std::uint64_t seed_ = 0, draws_ = 0;
  bool told_ = false;  // a watch told something since the last failure
  bool synced_ = false, use_watch_list_ = true, full_list_ = false, optional_ = false, missing_ = false;
};
static_assert(std::copyable<Reflector>);

}  // namespace millrace::engine
