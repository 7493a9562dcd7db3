#include "kube/client/cpprest_transport.h"

#include "kube/client/connection.h"
#include "kube/client/errors.h"
#include "kube/client/framing.h"
#include "kube/client/verbs.h"

namespace millrace::kube {
namespace {

using Clock = CallMeter::Clock;

constexpr std::size_t kKept = 256 * 1024;  // of what a burst needed
constexpr int kUnauthorized = 401, kOk = 200;

core::Ticks now() { return std::chrono::duration_cast<core::Ticks>(Clock::now().time_since_epoch()); }

core::Result<Response> whole(Exchange& exchange, std::size_t limit) {
  Response out{.status = exchange.status(),
               .retry_after = parse_retry_after(exchange.header("Retry-After")),
               .warnings = parse_warnings(exchange.header("Warning"))};
  for (;;) {
    MILLRACE_TRY(n, exchange.read(out.body));
    if (n == 0) return out;
    if (out.body.size() <= limit) continue;
    exchange.abandon();
    return too_large("the answer", limit);
  }
}

// Counts one request when it is over.
class Count {
 public:
  Count(const CallMeter& meter, const Request& request) : meter_(meter), request_(request), began_(Clock::now()) {}
  ~Count() { meter_.over(request_, code_, began_); }
  Count(const Count&) = delete;
  Count& operator=(const Count&) = delete;
  void answered(const Exchange& exchange) {
    code_ = exchange.status();
    meter_.fairness(exchange.header(kFlowSchema), exchange.header(kPriorityLevel));
  }

 private:
  const CallMeter& meter_;
  const Request& request_;
  const Clock::time_point began_;
  int code_ = 0;
};

}  // namespace

CpprestTransport::CpprestTransport(const Identity& identity, std::shared_ptr<TokenSource> tokens, telemetry::Meters& meters)
    : connection_(cpprest_connection(identity)), tokens_(std::move(tokens)), meter_(meters, identity.server) {}

CpprestTransport::~CpprestTransport() = default;

core::Result<Response> CpprestTransport::send(const Request& request, std::stop_token stop) {
  for (bool again = true;; again = false) {
    MILLRACE_TRY(token, tokens_->token(now()));
    Count count(meter_, request);
    MILLRACE_TRY(exchange, connection_->open(request, token, stop));
    MILLRACE_TRY(response, whole(*exchange, kLargestBody));
    count.answered(*exchange);
    meter_.sized(request, response);
    // A refused token has done nothing: with a newer one from the file the call is made once more.
    if (response.status != kUnauthorized || !again || !tokens_->renew(token, now())) return std::move(response);
    meter_.renewed(request);
  }
}

core::Result<void> CpprestTransport::stream(const Request& request, core::Duration idle, std::stop_token stop, const LineSink& sink) {
  MILLRACE_TRY(token, tokens_->token(now()));
  auto opened = [&]() -> core::Result<std::unique_ptr<Exchange>> {
    Count count(meter_, request);
    MILLRACE_TRY(exchange, connection_->open(request, token, stop));
    count.answered(*exchange);
    return std::move(exchange);
  }();
  if (!opened) return std::move(opened).error();
  Exchange& exchange = **opened;
  if (exchange.status() != kOk) {
    if (exchange.status() == kUnauthorized) tokens_->renew(token, now());
    MILLRACE_TRY(refusal, whole(exchange, kLargestRefusal));
    return verbs::error_of(refusal);
  }
  exchange.expect_within(idle);
  LineFramer framer;
  std::string some;
  for (;;) {
    MILLRACE_TRY(n, exchange.read(some));
    if (n == 0) break;
    const auto fed = framer.feed(some, sink);
    some.clear();
    if (some.capacity() > kKept) some.shrink_to_fit();
    if (fed == LineFramer::Fed::More) continue;
    exchange.abandon();
    if (fed == LineFramer::Fed::TooLong) return too_large("a line of the stream", kLongestLine);
    return {};
  }
  if (framer.partial()) return core::Error{.code = core::ErrorCode::Unavailable, .message = "the stream ended in the middle of a line"};
  return {};
}

}  // namespace millrace::kube
