// WorkQueue: dirty and processing sets (C20), delayed adds that keep the earliest time (C21), 5 ms × 2ⁿ per key up to 1000 s and no
// global limit (C22), low priority for what the first list brought, also when it failed (C23). Deterministic: by priority, then first
// come first served; but after eight of the higher priority one of the lower has its turn, so that a first list goes on under load.
// Source: client-go util/workqueue, controller-runtime pkg/controller/priorityqueue. Times are monotonic.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/time.h"
#include "kube/model/meta.h"

namespace millrace::engine {

enum class Priority { Low, Normal };

class WorkQueue {
 public:
  using Key = kube::ObjectKey;
  void add(const Key& key, core::Ticks now, Priority priority = Priority::Normal);
  void add_at(const Key& key, core::Ticks at, Priority priority = Priority::Normal);  // the earliest asked for counts
  std::optional<Key> take(core::Ticks now);                                           // the key is being worked on until done()
  void done(const Key& key, core::Ticks now);                                         // queued again when it was added meanwhile
  // After done(): later. By the key's failures, or as the server told, but no sooner than in a second.
  void retry(const Key& key, core::Ticks now, std::optional<core::Duration> told = {});
  void forget(const Key& key);  // success: failures start anew
  bool working(const Key& key) const { return processing_.contains(key); }

  std::size_t depth() const { return order_.size(); }
  std::size_t low() const { return low_ready_; }  // of them: of low priority
  std::size_t working() const { return processing_.size(); }
  struct Work {  // under way: all together, and the oldest
    core::Duration unfinished{}, longest{};
  };
  Work work(core::Ticks now) const;
  std::optional<core::Ticks> wake() const;  // when the next delayed key is due
  bool ready(core::Ticks now) const;

  struct Moves {  // since the last call
    std::size_t adds = 0, retries = 0;
    std::vector<core::Duration> waited{};
  };
  Moves moves();

 private:
  struct Ready {
    Priority priority;
    std::uint64_t order;
    core::Ticks since;
  };
  struct Delayed {
    core::Ticks at;
    Priority priority;
  };
  void promote(core::Ticks now);
  void push(const Key& key, core::Ticks now, Priority priority);

  std::map<Key, Ready> ready_{};
  std::map<std::pair<int, std::uint64_t>, Key> order_{};  // (−priority, counter)
  std::map<Key, core::Ticks> processing_{};               // since when
  std::map<Key, Priority> again_{};                       // added while being worked on
  std::map<Key, Delayed> delayed_{};
  std::set<std::pair<core::Ticks, Key>> due_{};
  std::map<Key, int> failures_{};
  std::set<Key> low_{};  // taken with low priority, and not forgotten since
  int in_a_row_ = 0;     // taken with higher priority since the last one of the lower
  std::size_t low_ready_ = 0;
  std::uint64_t counter_ = 0;
  Moves moves_{};
};
static_assert(std::copyable<WorkQueue>);

}  // namespace millrace::engine
