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

void metric(std::string& out, const char* name, const char* type, const char* help, double value) {
  std::array<char, 512> line{};
  std::snprintf(line.data(), line.size(), "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n", name, help, name, type, name, value);
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
  return out;
}

std::string process_text(const ProcessNumbers& now) {
  std::string out;
  metric(out, "process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.", now.cpu_seconds);
  metric(out, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", static_cast<double>(now.resident_bytes));
  metric(out, "process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.", static_cast<double>(now.virtual_bytes));
  metric(out, "process_open_fds", "gauge", "Number of open file descriptors.", static_cast<double>(now.open_fds));
  metric(out, "process_max_fds", "gauge", "Maximum number of open file descriptors.", static_cast<double>(now.max_fds));
  metric(out, "process_threads", "gauge", "Number of OS threads in the process.", static_cast<double>(now.threads));
  metric(out, "process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.", now.start_time_seconds);
  return out;
}

}  // namespace millrace::telemetry
