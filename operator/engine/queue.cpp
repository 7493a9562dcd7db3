#include "engine/queue.h"

#include <algorithm>

#include "core/backoff.h"
#include "core/check.h"

namespace millrace::engine {
namespace {

constexpr core::Duration kFirst{5};
constexpr core::Duration kCap{1'000'000};
constexpr core::Duration kShortestTold{1'000};  // a server that says "in 0 s" is not asked in a loop
constexpr int kInARow = 8;

std::pair<int, std::uint64_t> rank(Priority priority, std::uint64_t order) { return {-static_cast<int>(priority), order}; }

}  // namespace

void WorkQueue::push(const Key& key, core::Ticks now, Priority priority) {
  const auto [it, added] = ready_.try_emplace(key, Ready{priority, counter_, now});
  if (!added) {
    if (priority <= it->second.priority) return;
    order_.erase(rank(it->second.priority, it->second.order));  // raised: it goes to the end of the higher line
    --low_ready_;
    it->second.priority = priority;
    it->second.order = counter_;
  } else {
    ++moves_.adds;
    low_ready_ += priority == Priority::Low;
  }
  order_.emplace(rank(it->second.priority, counter_++), key);
}

void WorkQueue::add(const Key& key, core::Ticks now, Priority priority) {
  if (!processing_.contains(key)) return push(key, now, priority);
  const auto [it, added] = again_.try_emplace(key, priority);
  if (!added) it->second = std::max(it->second, priority);
}

void WorkQueue::add_at(const Key& key, core::Ticks at, Priority priority) {
  const auto [it, added] = delayed_.try_emplace(key, Delayed{at, priority});
  if (!added) {
    it->second.priority = std::max(it->second.priority, priority);
    if (it->second.at <= at) return;
    due_.erase({it->second.at, key});
    it->second.at = at;
  }
  due_.emplace(at, key);
}

void WorkQueue::promote(core::Ticks now) {
  while (!due_.empty() && due_.begin()->first <= now) {
    const Key key = due_.begin()->second;
    due_.erase(due_.begin());
    const auto delayed = delayed_.extract(key);
    add(key, now, delayed.mapped().priority);
  }
}

std::optional<WorkQueue::Key> WorkQueue::take(core::Ticks now) {
  promote(now);
  if (order_.empty()) return std::nullopt;
  const auto low = order_.lower_bound(rank(Priority::Low, 0));
  const bool turn = low != order_.end() && (in_a_row_ >= kInARow || low == order_.begin());
  const auto next = turn ? low : order_.begin();
  in_a_row_ = turn ? 0 : std::min(in_a_row_ + 1, kInARow);
  Key key = next->second;
  order_.erase(next);
  const auto it = ready_.find(key);
  moves_.waited.push_back(now - it->second.since);
  if (turn)
    low_.insert(key);
  else
    low_.erase(key);
  low_ready_ -= turn;
  ready_.erase(it);
  processing_.emplace(key, now);
  return key;
}

void WorkQueue::done(const Key& key, core::Ticks now) {
  MILLRACE_CHECK(processing_.erase(key) == 1);
  const auto it = again_.find(key);
  if (it == again_.end()) return;
  const Priority priority = it->second;
  again_.erase(it);
  push(key, now, priority);
}

void WorkQueue::retry(const Key& key, core::Ticks now, std::optional<core::Duration> told) {
  ++moves_.retries;
  const core::Duration wait = told ? std::max(*told, kShortestTold) : core::backoff(kFirst, kCap, failures_[key]++);
  add_at(key, now + wait, low_.contains(key) ? Priority::Low : Priority::Normal);
}

void WorkQueue::forget(const Key& key) {
  failures_.erase(key);
  low_.erase(key);
}

WorkQueue::Work WorkQueue::work(core::Ticks now) const {
  Work out;
  for (const auto& [key, since] : processing_) {
    out.unfinished += now - since;
    out.longest = std::max(out.longest, now - since);
  }
  return out;
}

std::optional<core::Ticks> WorkQueue::wake() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

bool WorkQueue::ready(core::Ticks now) const { return !order_.empty() || (!due_.empty() && due_.begin()->first <= now); }

WorkQueue::Moves WorkQueue::moves() { return std::exchange(moves_, {}); }

}  // namespace millrace::engine
