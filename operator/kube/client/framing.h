// Bytes of a watch become lines; texts of headers become values. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "kube/client/transport.h"

namespace millrace::kube {

// Cuts a stream into lines, whatever the pieces it came in. A line is handed on as soon as its end is there, without "\n" or "\r\n";
// empty lines are dropped. Thread contract: one stream, one thread.
class LineFramer {
 public:
  enum class Fed { More, Stopped, TooLong };  // Stopped: the sink said false
  explicit LineFramer(std::size_t longest = kLongestLine) : longest_(longest) {}
  Fed feed(std::string_view bytes, const LineSink& sink);
  bool partial() const { return !rest_.empty(); }  // a line has begun and not ended

 private:
  std::size_t longest_;
  std::string rest_{};
};

// Retry-After in seconds; the form with a date is not used by Kubernetes and ignored.
std::optional<core::Duration> parse_retry_after(std::string_view header);

// Texts of a Warning header (RFC 7234 5.5), several joined by commas: `299 - "text", 299 - "other"`.
std::vector<std::string> parse_warnings(std::string_view header);

}  // namespace millrace::kube
