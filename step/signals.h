#pragma once

#include <csignal>

namespace millrace::step {

/// Signals as something to read: blocked from construction on, taken from a descriptor. As process 1 of a container
/// the kernel would otherwise drop those without a handler. One object per program, made before anything else.
class Signals {
 public:
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int fd() const { return fd_; }

  /// The next signal that waits, 0 when there is none.
  int take() const;

  /// Waits at most so many milliseconds for a signal that asks to end (not SIGCHLD). 0 when none came.
  int wait_for_end(int milliseconds) const;

  /// In the child before exec: mask and SIGPIPE as they were.
  void restore() const;

 private:
  sigset_t before_{};
  struct sigaction pipe_before_ {};
  int fd_ = -1;
};

}  // namespace millrace::step
