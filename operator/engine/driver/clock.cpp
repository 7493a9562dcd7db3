#include "engine/driver/clock.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <mutex>

namespace millrace::engine {

namespace {

constexpr int kSlew = 12;

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
  return {.wall = core::Instant(std::chrono::floor<std::chrono::seconds>(mono + ahead_)), .mono = mono};
}

core::Now read_clocks() {
  static std::mutex mutex;
  static SteadyWall wall;
  const std::lock_guard lock(mutex);
  timespec boot{};
  clock_gettime(CLOCK_BOOTTIME, &boot);
  const auto system = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  return wall.at(system,
                 std::chrono::duration_cast<core::Ticks>(std::chrono::seconds(boot.tv_sec) + std::chrono::nanoseconds(boot.tv_nsec)));
}

}  // namespace millrace::engine
