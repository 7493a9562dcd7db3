#include "step/share.h"

#include "step/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace millrace::step {
namespace {

constexpr int kDeepest = 128;

bool share_entry(int folder, const char* name, mode_t of_folders, int depth);

bool share_entries(int folder, const char* name, mode_t of_folders, int depth) {
  const int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR* entries = fd < 0 ? nullptr : fdopendir(fd);
  if (entries == nullptr) {
    complain("cannot read a shared folder", name, errno);
    if (fd >= 0) close(fd);
    return false;
  }
  bool good = true;
  while (const dirent* entry = readdir(entries)) {
    const std::string_view child = entry->d_name;
    if (child != "." && child != "..") good = share_entry(fd, entry->d_name, of_folders, depth + 1) && good;
  }
  closedir(entries);
  return good;
}

bool share_entry(int folder, const char* name, mode_t of_folders, int depth) {
  struct stat there {};
  if (fstatat(folder, name, &there, AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT;
  const bool is_folder = S_ISDIR(there.st_mode);
  if (!is_folder && !S_ISREG(there.st_mode)) return true;
  const mode_t wanted = (there.st_mode & 07777) | (is_folder ? of_folders : 0444);
  if (wanted != (there.st_mode & 07777) && fchmodat(folder, name, wanted, 0) != 0) {
    complain("cannot make readable for all", name, errno);
    return false;
  }
  if (is_folder && depth > kDeepest) {
    complain("a shared tree is too deep", name);
    return false;
  }
  return !is_folder || share_entries(folder, name, of_folders, depth);
}

}  // namespace

bool share_tree(const Share& share) { return share_entry(AT_FDCWD, share.folder, share.access == Access::Read ? 0555 : 0777, 0); }

}  // namespace millrace::step
