#include "engine/driver/clock.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <mutex>

namespace millrace::engine {

namespace {

constexpr int kSlew = 12;

struct Shared {
  std::mutex mutex{};
  SteadyWall wall{};
};

Shared& shared() {
  static Shared one;
  return one;
}

}  // namespace

core::Now SteadyWall::at(std::chrono::sys_time<std::chrono::milliseconds> system, core::Ticks mono) {
  const core::Duration true_ahead = system.time_since_epoch() - mono;
  if (!last_) {
    last_ = mono;
    ahead_ = true_ahead;
  }
  // What is less than a millisecond of slew stays in `last_` for a later reading.
  if (const core::Duration most = (mono - *last_) / kSlew; most.count() > 0) {
    ahead_ += std::clamp(true_ahead - ahead_, -most, most);
    *last_ += most * kSlew;
  }
  behind_ = true_ahead - ahead_;
  return {.wall = core::Instant(std::chrono::floor<std::chrono::seconds>(mono + ahead_)), .mono = mono};
}

core::Now read_clocks() {
  const std::lock_guard lock(shared().mutex);
  timespec boot{};
  clock_gettime(CLOCK_BOOTTIME, &boot);
  const auto system = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto mono = std::chrono::seconds(boot.tv_sec) + std::chrono::nanoseconds(boot.tv_nsec);
  return shared().wall.at(system, std::chrono::duration_cast<core::Ticks>(mono));
}

core::Duration clock_behind() {
  const std::lock_guard lock(shared().mutex);
  return shared().wall.behind();
}

}  // namespace millrace::engine
