#pragma once

namespace millrace::step {

/// How often the kernel killed a process of this container for want of memory, by its cgroup: `oom_kill` of version
/// 2's memory.events or version 1's memory/memory.oom_control (both flat "key value" lines; Linux
/// Documentation/admin-guide/cgroup-v2.rst). 0 where neither can be read. Under version 1 only the killed process dies,
/// so this counter is the only trace. MILLRACE_CGROUP names another folder than /sys/fs/cgroup, for tests.
long out_of_memory_kills();

}  // namespace millrace::step
