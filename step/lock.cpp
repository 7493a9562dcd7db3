#include "step/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <cerrno>
#include <ctime>

namespace millrace::step {

bool hold_exclusive(const Path& path) {
  // Close-on-exec: the command must not inherit the lock, or it would outlive this process.
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return false;
  constexpr int kLooks = 50;
  constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 100'000'000};
  for (int look = 0; look < kLooks; ++look) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno != EWOULDBLOCK && errno != EINTR) break;
    nanosleep(&kPause, nullptr);
    errno = EWOULDBLOCK;
  }
  const int error = errno;
  close(fd);
  errno = error;
  return false;
}

bool is_free(const Path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool taken = flock(fd, LOCK_SH | LOCK_NB) == 0;
  const int error = errno;
  close(fd);
  errno = error;
  return taken;
}

}  // namespace millrace::step
