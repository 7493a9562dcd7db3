#include "step/checkpoint.h"

#include "step/files.h"

#include <dirent.h>
#include <cerrno>
#include <cstdlib>

namespace millrace::step {
namespace {

// The number in "a12"; 0: it is no attempt's folder.
long number_of(std::string_view name) {
  if (name.size() < 2 || name.front() != 'a') return 0;
  long number = 0;
  const char* end = name.data() + name.size();
  const auto [read, error] = std::from_chars(name.data() + 1, end, number);
  return error == std::errc() && read == end && number > 0 ? number : 0;
}

bool is_empty(const Path& folder) {
  DIR* entries = opendir(folder.c_str());
  if (entries == nullptr) return true;
  bool empty = true;
  while (const dirent* entry = readdir(entries)) {
    const std::string_view name = entry->d_name;
    empty = empty && (name == "." || name == "..");
  }
  closedir(entries);
  return empty;
}

Path attempt_in(std::string_view run, long number) {
  Path folder(run);
  folder << "/a" << number;
  return folder;
}

// The newest earlier attempt that has left something; 0: none.
long find_earlier(std::string_view run, long own) {
  const Path folder(run);
  DIR* entries = opendir(folder.c_str());
  if (entries == nullptr) return 0;
  long newest = 0;
  while (const dirent* entry = readdir(entries)) {
    const long number = number_of(entry->d_name);
    if (number > newest && number < own && !is_empty(attempt_in(run, number))) newest = number;
  }
  closedir(entries);
  return newest;
}

}  // namespace

bool offer_checkpoint(const char* folder) {
  const std::string_view whole = folder;
  const std::size_t slash = whole.rfind('/');
  const long own = slash == std::string_view::npos ? 0 : number_of(whole.substr(slash + 1));
  if (own == 0) {
    errno = EINVAL;
    return false;
  }
  if (!make_folders(whole) || setenv("MILLRACE_CHECKPOINT_DIR", folder, 1) != 0) return false;
  unsetenv("MILLRACE_RESUME_DIR");
  const std::string_view run = whole.substr(0, slash);
  const long earlier = find_earlier(run, own);
  return earlier == 0 || setenv("MILLRACE_RESUME_DIR", attempt_in(run, earlier).c_str(), 1) == 0;
}

}  // namespace millrace::step
