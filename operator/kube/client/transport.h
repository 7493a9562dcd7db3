// Transport: how a call reaches the API server. Implementations: RestTransport (real), the simulator's (tests).
// Thread contract: both functions block the caller's thread and may be called from several threads at once; a requested stop
// token ends them within milliseconds with ErrorCode::Cancelled. Nothing throws. Bodies are bytes (UTF-8 JSON of the API).
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/time.h"

namespace millrace::kube {

struct Request {
  std::string method = "GET";  // GET, POST, PUT, PATCH, DELETE
  std::string path{};          // absolute, percent-encoded, with the query: "/api/v1/pods?limit=500"
  std::string body{};
  std::string content_type{};  // "" when there is no body
  std::string accept = "application/json";
  core::Duration deadline{30'000};  // for the whole call; of a stream: until the response's headers
  bool operator==(const Request&) const = default;
};

struct Response {
  int status = 0;
  std::string body{};
  std::optional<core::Duration> retry_after{};  // header Retry-After, in seconds on the wire
  std::vector<std::string> warnings{};          // texts of Warning headers
  bool operator==(const Response&) const = default;
};

// One line without its end; the view is valid during the call. False ends the stream cleanly.
using LineSink = std::function<bool(std::string_view line)>;

inline constexpr std::size_t kLongestLine = std::size_t{4} << 20;  // bytes; a longer line ends the stream with TooLarge
inline constexpr std::size_t kLargestBody = std::size_t{64} << 20;

class Transport {
 public:
  virtual ~Transport() = default;

  // Any answer of the server is a Response, also 404 or 500 (see error_of in verbs.h). No answer is an Error: Unavailable
  // (the outcome of a write is unknown then), Cancelled, TooLarge.
  virtual core::Result<Response> send(const Request& request, std::stop_token stop) = 0;

  // Delivers each whole line as soon as it is there, on this thread. A clean end (the server closed, the sink said false) is
  // success; a last line without its end is dropped with Unavailable. A status other than 200 is error_of(response);
  // `idle` without a byte is Unavailable.
  virtual core::Result<void> stream(const Request& request, core::Duration idle, std::stop_token stop, const LineSink& sink) = 0;
};

}  // namespace millrace::kube
