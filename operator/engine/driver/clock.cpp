#include "engine/driver/clock.h"

#include <time.h>

#include <chrono>

namespace millrace::engine {

core::Now read_clocks() {
  timespec boot{};
  clock_gettime(CLOCK_BOOTTIME, &boot);
  return {.wall = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()),
          .mono = std::chrono::duration_cast<core::Ticks>(std::chrono::seconds(boot.tv_sec) + std::chrono::nanoseconds(boot.tv_nsec))};
}

}  // namespace millrace::engine
