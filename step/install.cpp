#include "step/install.h"

#include "step/child.h"
#include "step/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>

namespace millrace::step {
namespace {

bool copy_self(const Path& to) {
  const int from_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (from_fd < 0) return false;
  unlink(to.c_str());
  const int to_fd = open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (to_fd < 0) return false;
  std::array<char, 65536> piece{};
  ssize_t got = 0;
  while ((got = read(from_fd, piece.data(), piece.size())) > 0) {
    if (!write_all(to_fd, {piece.data(), static_cast<std::size_t>(got)})) return false;
  }
  const bool good = got == 0 && fchmod(to_fd, 0555) == 0;
  return close(to_fd) == 0 && good;
}

}  // namespace

int install(const char* folder) {
  const Path target = path_of(folder, "millrace-step");
  Path sibling = target;
  sibling << ".new";
  errno = ENAMETOOLONG;
  if (!sibling.cut() && make_folders(folder) && copy_self(sibling) && rename(sibling.c_str(), target.c_str()) == 0) return 0;
  complain("cannot install", target.view(), errno);
  unlink(sibling.c_str());
  return kOwnFailure;
}

}  // namespace millrace::step
