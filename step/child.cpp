#include "step/child.h"

#include "step/files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace millrace::step {
namespace {

// A pipe that polls as writable takes this much at once (POSIX PIPE_BUF).
using Piece = Text<4096>;

int code_of_failure(const char* path, int error) {
  if (error == ENOENT && access(path, F_OK) == 0) {
    complain("cannot execute, its interpreter is not there", path);
    return kNotExecutable;
  }
  if (error == ENOENT || error == ENOTDIR) {
    complain("command not found", path);
    return kNotFound;
  }
  complain("cannot execute", path, error);
  return kNotExecutable;
}

int exec_by_path(char** command) {
  const char* set = std::getenv("PATH");
  std::string_view folders = set != nullptr ? set : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  while (true) {
    const std::size_t colon = folders.find(':');
    const std::string_view folder = folders.substr(0, colon);
    const Path path = path_of(folder.empty() ? "." : folder, *command);
    struct stat there {};
    if (!path.cut() && stat(path.c_str(), &there) == 0 && S_ISREG(there.st_mode)) {
      execve(path.c_str(), command, environ);
      if (errno != EACCES || colon == std::string_view::npos) return code_of_failure(path.c_str(), errno);
    }
    if (colon == std::string_view::npos) return code_of_failure(*command, ENOENT);
    folders.remove_prefix(colon + 1);
  }
}

[[noreturn]] void become(char** command, unsigned umask_then, const Signals& signals, int error_pipe, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kOwnFailure);
  dup2(error_pipe, STDERR_FILENO);
  umask(umask_then);
  signals.restore();
  if (std::string_view(*command).find('/') == std::string_view::npos) _exit(exec_by_path(command));
  execve(*command, command, environ);
  _exit(code_of_failure(*command, errno));
}

// Everything that ended, ours or an orphan that fell to us. True when the command itself is among it.
bool reap(pid_t command, Ended& ended) {
  bool over = false;
  int status = 0;
  pid_t pid = 0;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid != command) continue;
    over = true;
    ended.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    ended.code = ended.signal != 0 ? 128 + ended.signal : WEXITSTATUS(status);
  }
  return over;
}

/// The command's stderr on its way to ours; never blocks, so that signals are heard while a reader is slow.
class ErrorCopy {
 public:
  ErrorCopy(int from, Tail& tail) : from_(from), tail_(tail) {}

  pollfd interest() const {
    if (!pending_.empty()) return {.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    return {.fd = from_, .events = POLLIN, .revents = 0};  // a descriptor of -1 is passed over by poll
  }

  void move() {
    if (pending_.empty())
      fill();
    else
      flush();
  }

  /// What lies in the pipe when the command has ended; whoever still holds its other end is not waited for.
  void finish() {
    for (int rounds = 0; rounds < 1024; ++rounds) {
      pollfd next = interest();
      if (next.fd < 0 || poll(&next, 1, pending_.empty() ? 0 : 1000) <= 0) return;
      move();
    }
  }

 private:
  void fill() {
    const ssize_t got = read(from_, bytes_.data(), bytes_.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got <= 0) {
      close(from_);
      from_ = -1;
      return;
    }
    pending_ = {bytes_.data(), static_cast<std::size_t>(got)};
    tail_.add(pending_);
  }

  void flush() {
    const ssize_t wrote = write(STDERR_FILENO, pending_.data(), pending_.size());
    if (wrote < 0 && (errno == EINTR || errno == EAGAIN)) return;
    // Nobody reads our stderr any more: the command goes on all the same.
    pending_.remove_prefix(wrote < 0 ? pending_.size() : static_cast<std::size_t>(wrote));
  }

  int from_;
  Tail& tail_;
  std::array<char, 4096> bytes_{};
  std::string_view pending_;
};

// True once the command has ended.
bool hear(const Signals& signals, pid_t command, Ended& ended) {
  bool over = false;
  while (const int signal = signals.take()) {
    if (signal == SIGCHLD)
      over = reap(command, ended) || over;
    else if (!over && kill(command, signal) == 0)
      ended.told_to_end = ended.told_to_end || signal == SIGTERM;
  }
  return over;
}

Ended failed_to_start(const char* what) {
  complain(what, "", errno);
  return {.code = kOwnFailure, .signal = 0};
}

}  // namespace

Ended run_command(char** command, unsigned umask, const Signals& signals, Tail& tail) {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) return failed_to_start("cannot make a pipe");
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t self = getpid();
  const pid_t child = fork();
  if (child < 0) return failed_to_start("cannot start a process");
  if (child == 0) become(command, umask, signals, pipe_ends[1], self);
  close(pipe_ends[1]);
  fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK);

  ErrorCopy errors(pipe_ends[0], tail);
  Ended ended;
  while (true) {
    pollfd waiting[] = {{.fd = signals.fd(), .events = POLLIN, .revents = 0}, errors.interest()};
    if (poll(waiting, 2, -1) < 0 && errno != EINTR) return failed_to_start("cannot wait");
    if (waiting[1].revents != 0) errors.move();
    if (waiting[0].revents != 0 && hear(signals, child, ended)) break;
  }
  errors.finish();
  return ended;
}

}  // namespace millrace::step
