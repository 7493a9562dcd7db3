#include "step/report.h"

#include "step/files.h"

#include <cstdlib>

namespace millrace::step {
namespace {

constexpr std::size_t kLongest = 1500;

const char* log_path() {
  const char* other = std::getenv("MILLRACE_TERMINATION_LOG");
  return other != nullptr ? other : "/dev/termination-log";
}

}  // namespace

void clear_message() { overwrite(log_path(), ""); }

bool has_message() { return read_start(log_path()).view().starts_with("{\"v\":1,"); }

void tell_end(const Ended& ended, bool out_of_memory, const Tail& tail) {
  constexpr std::string_view kEnd = "\"}";
  Text<kLongest> message;
  message << "{\"v\":1,\"exitCode\":" << static_cast<long>(ended.code) << ",\"signal\":" << static_cast<long>(ended.signal)
          << ",\"outOfMemory\":" << std::string_view(out_of_memory ? "true" : "false") << ",\"stderr\":\"";
  const auto errors = escaped_end(tail, message.room() - kEnd.size());
  message << errors.view() << kEnd;
  overwrite(log_path(), message.view());
}

void tell_skipped(std::string_view because) {
  Text<kLongest> message("{\"v\":1,\"skipped\":\"");
  message << because << "\"}";
  overwrite(log_path(), message.view());
}

}  // namespace millrace::step
