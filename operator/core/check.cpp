#include "core/check.h"

#include <string_view>

namespace millrace::core {

// Folder and file: where the sources lay when they were compiled is nobody's business, and people read this in a status.
static std::string_view last_two(std::string_view path) {
  const std::size_t last = path.rfind('/');
  const std::size_t before = last == std::string_view::npos || last == 0 ? last : path.rfind('/', last - 1);
  return before == std::string_view::npos ? path : path.substr(before + 1);
}

void fail_check(const char* condition, const char* file, int line) {
  throw Bug(std::string(last_two(file)) + ":" + std::to_string(line) + ": " + condition);
}

}  // namespace millrace::core
