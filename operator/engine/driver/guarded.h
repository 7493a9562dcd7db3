// Guarded: a value behind one lock; what is done with it is done inside write() or read().
#pragma once

#include <mutex>
#include <shared_mutex>
#include <utility>

namespace millrace::engine {

template <class T>
class Guarded {
 public:
  explicit Guarded(T value) : value_(std::move(value)) {}
  template <class F>
  auto read(F f) const {
    const std::shared_lock lock(mutex_);
    return f(value_);
  }
  template <class F>
  auto write(F f) {
    const std::unique_lock lock(mutex_);
    return f(value_);
  }

 private:
  mutable std::shared_mutex mutex_{};
  T value_;
};

}  // namespace millrace::engine
