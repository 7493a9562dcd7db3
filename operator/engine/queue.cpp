#include "engine/queue.h"

#include <algorithm>

#include "core/backoff.h"
#include "core/check.h"

namespace millrace::engine {
namespace {

constexpr core::Duration kFirst{5};
constexpr core::Duration kCap{1'000'000};

std::pair<int, std::uint64_t> rank(Priority priority, std::uint64_t order) { return {-static_cast<int>(priority), order}; }

}  // namespace

void WorkQueue::push(const Key& key, core::Ticks now, Priority priority) {
  const auto [it, added] = ready_.try_emplace(key, Ready{priority, counter_, now});
  if (!added) {
    if (priority <= it->second.priority) return;
    order_.erase(rank(it->second.priority, it->second.order));  // raised: it goes to the end of the higher line
    it->second.priority = priority;
    it->second.order = counter_;
  } else {
    ++moves_.adds;
  }
  order_.emplace(rank(it->second.priority, counter_++), key);
}

void WorkQueue::add(const Key& key, core::Ticks now, Priority priority) {
  if (!processing_.contains(key)) return push(key, now, priority);
  const auto [it, added] = again_.try_emplace(key, priority);
  if (!added) it->second = std::max(it->second, priority);
}

void WorkQueue::add_at(const Key& key, core::Ticks at) {
  const auto [it, added] = delayed_.try_emplace(key, at);
  if (!added) {
    if (it->second <= at) return;
    due_.erase({it->second, key});
    it->second = at;
  }
  due_.emplace(at, key);
}

void WorkQueue::promote(core::Ticks now) {
  while (!due_.empty() && due_.begin()->first <= now) {
    const Key key = due_.begin()->second;
    due_.erase(due_.begin());
    delayed_.erase(key);
    add(key, now);
  }
}

std::optional<WorkQueue::Key> WorkQueue::take(core::Ticks now) {
  promote(now);
  if (order_.empty()) return std::nullopt;
  Key key = order_.begin()->second;
  order_.erase(order_.begin());
  const auto it = ready_.find(key);
  moves_.waited.push_back(now - it->second.since);
  ready_.erase(it);
  processing_.insert(key);
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

void WorkQueue::retry(const Key& key, core::Ticks now) {
  ++moves_.retries;
  add_at(key, now + core::backoff(kFirst, kCap, failures_[key]++));
}

void WorkQueue::forget(const Key& key) { failures_.erase(key); }

std::optional<core::Ticks> WorkQueue::wake() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

bool WorkQueue::ready(core::Ticks now) const { return !order_.empty() || (!due_.empty() && due_.begin()->first <= now); }

WorkQueue::Moves WorkQueue::moves() { return std::exchange(moves_, {}); }

}  // namespace millrace::engine
