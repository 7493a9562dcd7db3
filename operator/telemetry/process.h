// Numbers of this process from /proc, under the names that Prometheus client libraries give them (process_*).
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace millrace::telemetry {

struct ProcessNumbers {
  double cpu_seconds = 0, start_time_seconds = 0;  // start: seconds since 1970
  std::uint64_t resident_bytes = 0, virtual_bytes = 0;
  std::uint64_t open_fds = 0, max_fds = 0, threads = 0;
  std::uint64_t received_bytes = 0, sent_bytes = 0;  // over IP, of the whole network namespace: in a pod, of the pod
};

struct ProcessMetric {
  const char *name, *type, *help;
  double (*value)(const ProcessNumbers& now);
};
std::span<const ProcessMetric> process_metrics();

ProcessNumbers read_process();                        // zeros where /proc does not tell
std::string process_text(const ProcessNumbers& now);  // Prometheus text format

}  // namespace millrace::telemetry
