#include "kube/client/rest_transport.h"

#include <array>
#include <chrono>
#include <vector>

#include "core/text.h"
#include "kube/client/connection.h"
#include "kube/client/framing.h"
#include "kube/client/verbs.h"

namespace millrace::kube {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kKept = 256 * 1024;            // of what a burst needed
constexpr std::size_t kLargestRefusal = 256 * 1024;  // body of a watch that was refused
constexpr int kUnauthorized = 401, kOk = 200;

core::Ticks now() { return std::chrono::duration_cast<core::Ticks>(Clock::now().time_since_epoch()); }

std::string authority_of(const std::string& server) {
  const auto scheme = server.find("://");
  const auto start = scheme == std::string::npos ? 0 : scheme + 3;
  return server.substr(start, server.find('/', start) - start);
}

core::Error too_large(const std::string& what, std::size_t limit) {
  return {.code = core::ErrorCode::TooLarge, .message = what + " has more than " + std::to_string(limit >> 10) + " KiB"};
}

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

}  // namespace

// Counts one request when it is over.
class RestTransport::Count {
 public:
  Count(RestTransport& of, const Request& request) : of_(of), method_(request.method), began_(Clock::now()) {}
  ~Count() {
    of_.meters_.rest_requests.with({code_, method_, of_.host_}).add();
    of_.meters_.rest_seconds.with({method_, of_.host_}).observe(std::chrono::duration<double>(Clock::now() - began_).count());
  }
  void answered(const Exchange& exchange) {
    code_ = std::to_string(exchange.status());
    const std::string schema = exchange.header("X-Kubernetes-PF-FlowSchema-UID");
    if (schema.empty()) return;  // nobody's fairness stands before this server
    telemetry::Meters& meters = of_.meters_;
    const std::string level = exchange.header("X-Kubernetes-PF-PriorityLevel-UID");
    meters.flow_schemas.with({meters.flow_schema_uids.of(schema), meters.priority_level_uids.of(level)}).add();
  }
  void sized(const Request& request, const Response& response) {
    of_.meters_.rest_request_bytes.with({method_, of_.host_}).observe(static_cast<double>(request.body.size()));
    of_.meters_.rest_response_bytes.with({method_, of_.host_}).observe(static_cast<double>(response.body.size()));
  }

 private:
  RestTransport& of_;
  std::string method_, code_ = "<error>";
  Clock::time_point began_;
};

RestTransport::RestTransport(const Identity& identity, std::shared_ptr<TokenSource> tokens, telemetry::Meters& meters, Backend backend)
    : connection_(backend == Backend::Beast ? beast_connection(identity) : cpprest_connection(identity)),
      tokens_(std::move(tokens)),
      meters_(meters),
      host_(authority_of(identity.server)) {}

RestTransport::~RestTransport() = default;

core::Result<Response> RestTransport::send(const Request& request, std::stop_token stop) {
  for (bool again = true;; again = false) {
    MILLRACE_TRY(token, tokens_->token(now()));
    Count count(*this, request);
    MILLRACE_TRY(exchange, connection_->open(request, token, stop, Until::End));
    MILLRACE_TRY(response, whole(*exchange, kLargestBody));
    count.answered(*exchange);
    count.sized(request, response);
    // A refused token has done nothing: with a newer one from the file the call is made once more.
    if (response.status != kUnauthorized || !again || !tokens_->renew(token, now())) return std::move(response);
    meters_.rest_retries.with({std::to_string(kUnauthorized), request.method, host_}).add();
  }
}

core::Result<void> RestTransport::stream(const Request& request, core::Duration idle, std::stop_token stop, const LineSink& sink) {
  MILLRACE_TRY(token, tokens_->token(now()));
  auto opened = [&]() -> core::Result<std::unique_ptr<Exchange>> {
    Count count(*this, request);
    MILLRACE_TRY(exchange, connection_->open(request, token, stop, Until::Head));
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

std::shared_ptr<TokenSource> tokens_of(const Identity& identity) {
  if (!identity.exec) return std::make_shared<TokenSource>(identity.token, identity.token_file);
  const auto plugin = [exec = *identity.exec]() -> core::Result<FreshToken> {
    MILLRACE_TRY(credential, run(exec));
    FreshToken out{.token = std::move(credential.token)};
    if (credential.expires) out.life = std::chrono::floor<core::Duration>(*credential.expires - std::chrono::system_clock::now());
    return out;
  };
  return std::make_shared<TokenSource>("", "", plugin);
}

}  // namespace millrace::kube
