#include "kube/client/framing.h"

#include <charconv>

namespace millrace::kube {
namespace {

std::string_view without_return(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

}  // namespace

LineFramer::Fed LineFramer::feed(std::string_view bytes, const LineSink& sink) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (rest_.size() + piece.size() > longest_) return Fed::TooLong;
    if (end == std::string_view::npos) {
      rest_ += piece;
      return Fed::More;
    }
    if (!rest_.empty()) rest_ += piece;
    const std::string_view line = without_return(rest_.empty() ? piece : std::string_view(rest_));
    const bool goes_on = line.empty() || sink(line);
    rest_.clear();
    if (!goes_on) return Fed::Stopped;
    bytes.remove_prefix(end + 1);
  }
  return Fed::More;
}

std::optional<core::Duration> parse_retry_after(std::string_view header) {
  constexpr int kLongestWait = 24 * 3600;
  int seconds = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (error != std::errc() || end != header.data() + header.size() || seconds < 0 || seconds > kLongestWait) return std::nullopt;
  return std::chrono::seconds(seconds);
}

std::vector<std::string> parse_warnings(std::string_view header) {
  std::vector<std::string> out;
  bool quoted = false;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const char c = header[i];
    if (c == '"') {
      quoted = !quoted;
      if (quoted) out.emplace_back();
    } else if (quoted) {
      if (c == '\\' && i + 1 < header.size()) ++i;
      out.back() += header[i];
    }
  }
  return out;
}

}  // namespace millrace::kube
