#pragma once

#include "step/signals.h"
#include "step/tail.h"

namespace millrace::step {

/// Exit codes of our own, as shells and container tools use them.
inline constexpr int kOwnFailure = 125;
inline constexpr int kNotExecutable = 126;
inline constexpr int kNotFound = 127;

/// How a command ended.
struct Ended {
  int code = 0;              ///< its exit code, or 128 + the signal that killed it
  int signal = 0;            ///< the signal that killed it, else 0
  bool told_to_end = false;  ///< TERM was passed on to it
};

/// Runs a command to its end: stdin and stdout are its own, stderr is copied and its end kept in `tail`, signals are
/// passed on, orphans reaped. `umask` is what the command starts with. No shell is used, also not for scripts without
/// an interpreter line. What the command leaves running is not waited for. Should this process be killed, so is the
/// command: it must not go on writing behind the back of those that follow.
Ended run_command(char** command, unsigned umask, const Signals& signals, Tail& tail);

}  // namespace millrace::step
