#include "step/progress.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>

namespace millrace::step {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// One byte more than may be there, so that too much is seen.
Text<kMostProgress + 1> read_all(int fd) {
  Text<kMostProgress + 1> out;
  std::array<char, kMostProgress + 1> piece{};
  while (out.room() > 0) {
    const ssize_t got = read(fd, piece.data(), out.room());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    out << std::string_view(piece.data(), static_cast<std::size_t>(got));
  }
  return out;
}

Progress judge(int fd) {
  struct stat there {};
  if (fstat(fd, &there) != 0 || !S_ISREG(there.st_mode)) return {.text = {}, .wrong = "it is no regular file"};
  const auto bytes = read_all(fd);
  if (bytes.room() == 0) return {.text = {}, .wrong = "it is larger than 2 kB"};
  const std::string_view text = trimmed(bytes.view());
  Progress out{.text = Text<kMostProgress>(text), .wrong = nullptr};
  if (!text.starts_with('{') || !text.ends_with('}')) out.wrong = "it is no JSON object";
  return out;
}

}  // namespace

Progress read_progress(const char* path) {
  const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return {};
  if (fd < 0) return {.text = {}, .wrong = errno == ELOOP ? "it is a link" : "it cannot be read"};
  const Progress out = judge(fd);
  close(fd);
  return out;
}

}  // namespace millrace::step
