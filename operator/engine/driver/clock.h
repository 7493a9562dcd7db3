// The two clocks, read here and nowhere else: wall time, and CLOCK_BOOTTIME, which goes on while the machine is suspended.
#pragma once

#include <optional>

#include "core/time.h"

namespace millrace::engine {

// Wall time that does not jump. It goes with the monotonic clock, and where the system's wall clock was set it follows by a twelfth of the
// time that passes, as chrony slews at most: pauses and deadlines are judged by instants in objects, and a clock that is put on by an hour
// would end them all at once. Whole at its first reading: who is started anew goes by the clock of that moment.
class SteadyWall {
 public:
  core::Now at(std::chrono::sys_time<std::chrono::milliseconds> system, core::Ticks mono);
  core::Duration behind() const { return behind_; }  // the system's, when it was read last; below zero: it is ahead

 private:
  std::optional<core::Ticks> last_{};
  core::Duration ahead_{};  // of the monotonic clock
  core::Duration behind_{};
};

core::Now read_clocks();
core::Duration clock_behind();  // of the process's SteadyWall

}  // namespace millrace::engine
