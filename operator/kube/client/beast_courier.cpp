#include "kube/client/beast_courier.h"

#include <optional>
#include <utility>

#include "core/text.h"
#include "http/client.h"
#include "kube/client/call_meter.h"
#include "kube/client/errors.h"
#include "kube/client/framing.h"
#include "kube/client/tls_context.h"
#include "kube/client/verbs.h"

namespace millrace::kube {
namespace {

using Clock = CallMeter::Clock;

constexpr std::size_t kLongestReason = 300;
constexpr int kUnauthorized = 401, kOk = 200;

core::Ticks now() { return std::chrono::duration_cast<core::Ticks>(Clock::now().time_since_epoch()); }

// "https://[::1]:6443/prefix" in its parts; check_server() has seen that it is one.
http::Server server_of(const Identity& identity, std::string& prefix) {
  http::Server out{.tls = identity.server.starts_with("https://"), .name = identity.tls_server_name};
  const auto split = [](std::string_view place, std::string_view port, std::string& host, std::string& into) {
    const auto bracket = place.find(']');
    const auto colon = place.find(':', bracket == std::string_view::npos ? 0 : bracket);
    host = place.substr(0, colon);
    if (bracket != std::string_view::npos) host = place.substr(1, bracket - 1);
    into = colon == std::string_view::npos ? port : place.substr(colon + 1);
  };
  std::string_view rest = std::string_view(identity.server).substr(identity.server.find("://") + 3);
  const auto slash = rest.find('/');
  prefix = slash == std::string_view::npos ? std::string() : std::string(rest.substr(slash));
  split(rest.substr(0, slash), out.tls ? "443" : "80", out.host, out.port);
  if (identity.proxy.empty()) return out;
  std::string_view proxy = std::string_view(identity.proxy).substr(identity.proxy.find("://") + 3);
  split(proxy.substr(0, proxy.find('/')), "80", out.proxy_host, out.proxy_port);
  return out;
}

}  // namespace

// What all calls share.
struct Office {
  Office(const Identity& identity, std::shared_ptr<TokenSource> source, telemetry::Meters& meters)
      : server(server_of(identity, prefix)),
        headers(identity.headers),
        tokens(std::move(source)),
        meter(meters, identity.server),
        client(server, [identity](ssl_ctx_st* context) { return secure(context, identity); }) {}

  http::Request dressed(const Request& request, const std::string& bearer) const {
    http::Request out{
        .method = request.method,
        .target = prefix + request.path,
        .body = request.body,
        .headers = {{"Host", http::authority(server.host, server.port)}, {"Accept", request.accept}, {"User-Agent", "millrace"}},
        .deadline = request.deadline,
        .repeatable = request.method != "POST"};
    out.headers.insert(out.headers.end(), headers.begin(), headers.end());
    if (!bearer.empty()) out.headers.emplace_back("Authorization", "Bearer " + bearer);
    if (!request.content_type.empty()) out.headers.emplace_back("Content-Type", request.content_type);
    return out;
  }

  std::string prefix{};
  http::Server server;
  Headers headers;
  std::shared_ptr<TokenSource> tokens;
  CallMeter meter;
  http::Client client;  // last: what goes on in it uses the rest
};

namespace {

core::Error explained(const std::optional<core::Error>& error) {
  if (!error) return {.code = core::ErrorCode::Unavailable, .message = "the API server's answer ended before it began"};
  if (error->code == core::ErrorCode::Cancelled) return *error;
  return {.code = core::ErrorCode::Unavailable,
          .message = "no answer of the API server: " + core::one_token(error->message, kLongestReason)};
}

// One request on its way, on the client's thread.
class Errand : public http::Listener, public std::enable_shared_from_this<Errand> {
 public:
  Errand(Office& office, std::stop_token stop) : office_(office), stop_(std::move(stop)) {}
  virtual void begin() = 0;

  void head(http::Head come) override {
    head_ = std::move(come);
    office_.meter.fairness(head_->header(kFlowSchema), head_->header(kPriorityLevel));
  }

 protected:
  // Nothing: it is under way, and ended() follows.
  std::optional<core::Error> set_out(Request request) {
    if (stop_.stop_requested()) return stopped();
    auto token = office_.tokens->token(now());
    if (!token) return std::move(token).error();
    token_ = *std::move(token);
    request_ = std::move(request);
    head_.reset();
    began_ = Clock::now();
    // Weak: the call holds us until it ends.
    const std::weak_ptr<http::Call> call = call_ = office_.client.begin(office_.dressed(request_, token_), shared_from_this());
    on_stop_.emplace(stop_, [call] {
      if (const auto there = call.lock()) there->cancel();
    });
    return std::nullopt;
  }
  void note_end() { office_.meter.over(request_, head_ ? head_->status : 0, began_); }
  bool refused() const { return head_ && head_->status == kUnauthorized; }
  bool renew_token() { return office_.tokens->renew(token_, now()); }
  Response response(std::string body) const {
    return {.status = head_->status,
            .body = std::move(body),
            .retry_after = parse_retry_after(head_->header("Retry-After")),
            .warnings = parse_warnings(head_->header("Warning"))};
  }

  Office& office_;
  const std::stop_token stop_;
  Request request_{};
  std::string token_{};
  Clock::time_point began_{};
  std::weak_ptr<http::Call> call_{};
  std::optional<std::stop_callback<std::function<void()>>> on_stop_{};
  std::optional<http::Head> head_{};
};

class Asking final : public Errand {
 public:
  Asking(Office& office, Courier::Compose compose, std::stop_token stop, Courier::Answered answered)
      : Errand(office, std::move(stop)), compose_(std::move(compose)), answered_(std::move(answered)) {}

  void begin() override {
    auto request = compose_();
    if (auto error = request ? set_out(*std::move(request)) : stopped()) answered_(*std::move(error));
  }
  http::Appetite bytes(std::string_view some) override {
    body_ += some;
    return body_.size() > kLargestBody ? http::Appetite::Enough : http::Appetite::More;
  }
  void ended(std::optional<core::Error> error) override {
    note_end();
    if (body_.size() > kLargestBody) return answered_(too_large("the answer", kLargestBody));
    if (error || !head_) return answered_(explained(error));
    Response out = response(std::move(body_));
    office_.meter.sized(request_, out);
    // A refused token has done nothing: with a newer one from the file the call is made once more.
    if (!refused() || std::exchange(again_, true) || !renew_token()) return answered_(std::move(out));
    office_.meter.renewed(request_);
    body_.clear();
    begin();
  }

 private:
  const Courier::Compose compose_;
  const Courier::Answered answered_;
  std::string body_{};
  bool again_ = false;
};

class Following final : public Errand {
 public:
  Following(Office& office, Request request, core::Duration idle, std::stop_token stop, LineSink sink, Courier::Ended ended)
      : Errand(office, std::move(stop)), wanted_(std::move(request)), idle_(idle), sink_(std::move(sink)), ended_(std::move(ended)) {}

  void begin() override {
    if (auto error = set_out(wanted_)) ended_(*std::move(error));
  }
  void head(http::Head come) override {
    Errand::head(std::move(come));
    note_end();  // how long it lives is not how long the server took
    if (!flows()) return;
    if (const auto call = call_.lock()) call->expect_within(idle_);
  }
  http::Appetite bytes(std::string_view some) override {
    if (!flows()) {
      refusal_ += some;
      return refusal_.size() > kLargestRefusal ? http::Appetite::Enough : http::Appetite::More;
    }
    fed_ = framer_.feed(some, sink_);
    return fed_ == LineFramer::Fed::More ? http::Appetite::More : http::Appetite::Enough;
  }
  void ended(std::optional<core::Error> error) override {
    if (!head_) note_end();
    ended_(how(error));
  }

 private:
  bool flows() const { return head_->status == kOk; }
  core::Result<void> how(const std::optional<core::Error>& error) {
    if (!head_) return explained(error);
    if (!flows()) return refused_how(error);
    if (fed_ == LineFramer::Fed::Stopped) return {};
    if (fed_ == LineFramer::Fed::TooLong) return too_large("a line of the stream", kLongestLine);
    if (error) return explained(error);
    if (framer_.partial()) return core::Error{.code = core::ErrorCode::Unavailable, .message = "the stream ended in the middle of a line"};
    return {};
  }
  core::Error refused_how(const std::optional<core::Error>& error) {
    if (refused()) renew_token();
    if (refusal_.size() > kLargestRefusal) return too_large("the answer", kLargestRefusal);
    return error ? explained(error) : verbs::error_of(response(std::move(refusal_)));
  }

  const Request wanted_;
  const core::Duration idle_;
  const LineSink sink_;
  const Courier::Ended ended_;
  LineFramer framer_{};
  LineFramer::Fed fed_ = LineFramer::Fed::More;
  std::string refusal_{};
};

}  // namespace

BeastCourier::BeastCourier(const Identity& identity, std::shared_ptr<TokenSource> tokens, telemetry::Meters& meters)
    : office_(std::make_unique<Office>(identity, std::move(tokens), meters)) {}
BeastCourier::~BeastCourier() = default;

void BeastCourier::send(Compose compose, std::stop_token stop, Answered answered) {
  auto errand = std::make_shared<Asking>(*office_, std::move(compose), std::move(stop), std::move(answered));
  office_->client.later([errand] { errand->begin(); });
}

void BeastCourier::stream(Request request, core::Duration idle, std::stop_token stop, LineSink sink, Ended ended) {
  auto errand = std::make_shared<Following>(*office_, std::move(request), idle, std::move(stop), std::move(sink), std::move(ended));
  office_->client.later([errand] { errand->begin(); });
}

void BeastCourier::stop() { office_->client.stop(); }

}  // namespace millrace::kube
