// The two clocks, read here and nowhere else: wall time, and CLOCK_BOOTTIME, which goes on while the machine is suspended.
#pragma once

#include "core/time.h"

namespace millrace::engine {

core::Now read_clocks();

}  // namespace millrace::engine
