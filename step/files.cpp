#include "step/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace millrace::step {

Path path_of(std::string_view folder, std::string_view name, std::string_view ending) {
  Path path(folder);
  path << "/" << name << ending;
  return path;
}

bool make_folders(std::string_view folder) {
  std::size_t slash = 0;
  while (slash != std::string_view::npos) {
    slash = folder.find('/', slash + 1);
    const Path part(folder.substr(0, slash));
    if (part.cut()) {
      errno = ENAMETOOLONG;
      return false;
    }
    if (mkdir(part.c_str(), 0777) == 0 || errno == EEXIST) continue;
    // A folder above may be on a read-only filesystem and still be there.
    struct stat there {};
    const int error = errno;
    if (stat(part.c_str(), &there) == 0 && S_ISDIR(there.st_mode)) continue;
    errno = error;
    return false;
  }
  return true;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

bool overwrite(const char* path, std::string_view bytes) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return false;
  const bool wrote = write_all(fd, bytes);
  return close(fd) == 0 && wrote;
}

bool write_by_rename(const Path& path, std::string_view bytes) {
  Path sibling = path;
  sibling << ".new";
  if (sibling.cut()) {
    errno = ENAMETOOLONG;
    return false;
  }
  unlink(sibling.c_str());
  return overwrite(sibling.c_str(), bytes) && rename(sibling.c_str(), path.c_str()) == 0;
}

Text<4096> read_start(const char* path) {
  Text<4096> start;
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return start;
  std::array<char, 512> piece{};
  while (start.room() > 0) {
    const ssize_t got = read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    start << std::string_view(piece.data(), static_cast<std::size_t>(got));
  }
  close(fd);
  return start;
}

void complain(std::string_view what, std::string_view path, int error) {
  Text<8192> line("millrace-step: ");
  line << what;
  if (!path.empty()) line << ": " << path;
  // Some filesystems answer numbers that the C library has no words for.
  const char* why = error != 0 ? strerrordesc_np(error) : nullptr;
  if (error != 0) line << ": " << std::string_view(why != nullptr ? why : "error without a name");
  line << "\n";
  write_all(STDERR_FILENO, line.view());
}

}  // namespace millrace::step
