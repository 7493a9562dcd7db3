#include "step/oom.h"

#include "step/files.h"

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace millrace::step {
namespace {

long counter_in(std::string_view text) {
  constexpr std::string_view kKey = "oom_kill ";
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (line.starts_with(kKey)) {
      long count = 0;
      std::from_chars(line.data() + kKey.size(), line.data() + line.size(), count);
      return count;
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return 0;
}

}  // namespace

long out_of_memory_kills() {
  const char* other = std::getenv("MILLRACE_CGROUP");
  const std::string_view root = other != nullptr ? other : "/sys/fs/cgroup";
  const auto second = read_start(path_of(root, "memory.events").c_str());
  if (!second.view().empty()) return counter_in(second.view());
  return counter_in(read_start(path_of(root, "memory/memory.oom_control").c_str()).view());
}

}  // namespace millrace::step
