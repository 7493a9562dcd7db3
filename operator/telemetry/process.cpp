#include "telemetry/process.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <vector>

namespace millrace::telemetry {
namespace {

std::uint64_t count_open_fds() {
  DIR* dir = opendir("/proc/self/fd");
  if (!dir) return 0;
  std::uint64_t count = 0;
  while (const dirent* entry = readdir(dir)) count += entry->d_name[0] != '.';
  closedir(dir);
  return count > 0 ? count - 1 : 0;  // without the folder itself
}

double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("btime ", 0) == 0) return std::stod(line.substr(6));
  }
  return 0;
}

// Fields of /proc/self/stat after the command, which may hold spaces: [0] is field 3 of proc(5).
std::vector<double> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  const auto end = text.rfind(')');
  if (end == std::string::npos || end + 4 > text.size()) return {};
  std::istringstream rest(text.substr(end + 4));
  std::vector<double> out{0};
  for (double d = 0; rest >> d;) out.push_back(d);
  return out;
}

// Two lines of the same beginning: names, then values (proc_pid_netstat(5)).
void read_network(ProcessNumbers& out) {
  std::ifstream file("/proc/self/net/netstat");
  for (std::string names, values; std::getline(file, names) && std::getline(file, values);) {
    if (!names.starts_with("IpExt:")) continue;
    std::istringstream name_of(names), value_of(values);
    for (std::string name, value; name_of >> name && value_of >> value;) {
      if (name == "InOctets") out.received_bytes = std::stoull(value);
      if (name == "OutOctets") out.sent_bytes = std::stoull(value);
    }
  }
}

using Now = const ProcessNumbers&;
double whole(std::uint64_t number) { return static_cast<double>(number); }

constexpr ProcessMetric kMetrics[] = {
    {"process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.", [](Now n) { return n.cpu_seconds; }},
    {"process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", [](Now n) { return whole(n.resident_bytes); }},
    {"process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.", [](Now n) { return whole(n.virtual_bytes); }},
    {"process_open_fds", "gauge", "Number of open file descriptors.", [](Now n) { return whole(n.open_fds); }},
    {"process_max_fds", "gauge", "Maximum number of open file descriptors.", [](Now n) { return whole(n.max_fds); }},
    {"process_threads", "gauge", "Number of OS threads in the process.", [](Now n) { return whole(n.threads); }},
    {"process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.",
     [](Now n) { return n.start_time_seconds; }},
    {"process_network_receive_bytes_total", "counter", "Number of bytes received by the process over the network.",
     [](Now n) { return whole(n.received_bytes); }},
    {"process_network_transmit_bytes_total", "counter", "Number of bytes sent by the process over the network.",
     [](Now n) { return whole(n.sent_bytes); }},
};

void write(std::string& out, const ProcessMetric& metric, double value) {
  std::array<char, 512> line{};
  std::snprintf(line.data(), line.size(), "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n", metric.name, metric.help, metric.name, metric.type,
                metric.name, value);
  out += line.data();
}

}  // namespace

ProcessNumbers read_process() {
  constexpr std::size_t kUserTicks = 11, kSystemTicks = 12, kThreads = 17, kStart = 19, kVirtual = 20, kResidentPages = 21;
  ProcessNumbers out;
  const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  if (const auto f = stat_fields(); f.size() > kResidentPages) {
    out.cpu_seconds = (f[kUserTicks] + f[kSystemTicks]) / ticks;
    out.start_time_seconds = boot_time() + f[kStart] / ticks;
    out.threads = static_cast<std::uint64_t>(f[kThreads]);
    out.virtual_bytes = static_cast<std::uint64_t>(f[kVirtual]);
    out.resident_bytes = static_cast<std::uint64_t>(f[kResidentPages]) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  }
  out.open_fds = count_open_fds();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) out.max_fds = limit.rlim_cur;
  read_network(out);
  return out;
}

std::span<const ProcessMetric> process_metrics() { return kMetrics; }

std::string process_text(const ProcessNumbers& now) {
  std::string out;
  for (const ProcessMetric& metric : kMetrics) write(out, metric, metric.value(now));
  return out;
}

}  // namespace millrace::telemetry
