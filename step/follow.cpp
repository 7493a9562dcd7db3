#include "step/follow.h"

#include "step/files.h"
#include "step/lock.h"

#include <unistd.h>
#include <cstdlib>

namespace millrace::step {
namespace {

constexpr int kLookMilliseconds = 200;

// The lock is looked at only after `.started` is there, since a step holds it before it makes that file.
bool has_ended(const Options& options, std::string_view step) {
  if (access(path_of(options.state, step, ".started").c_str(), F_OK) != 0) return false;
  return is_free(path_of(options.state, step, ".lock"));
}

bool has_succeeded(const Options& options, std::string_view step) {
  return read_start(path_of(options.state, step, ".exit").c_str()).view() == "0";
}

}  // namespace

bool is_other_index() {
  const char* index = std::getenv("JOB_COMPLETION_INDEX");
  return index != nullptr && std::string_view(index) != "0" && *index != '\0';
}

Turn wait_for_turn(const Options& options, const Signals& signals) {
  for (std::size_t i = 0; i < options.after_count; ++i) {
    const std::string_view step = options.after[i];
    while (!has_ended(options, step)) {
      const int signal = signals.wait_for_end(kLookMilliseconds);
      if (signal != 0) return {.kind = Turn::Kind::Signalled, .because = {}, .signal = signal};
    }
    if (!has_succeeded(options, step)) return {.kind = Turn::Kind::Skip, .because = step, .signal = 0};
  }
  return {};
}

}  // namespace millrace::step
