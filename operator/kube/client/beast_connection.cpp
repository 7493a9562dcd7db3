#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "core/text.h"
#include "http/client.h"
#include "kube/client/connection.h"
#include "kube/client/tls_context.h"

namespace millrace::kube {
namespace {

// Bytes that arrived and were not read; beyond, the server waits. So much that a watch is never ended for a reader that is slow for a
// while.
constexpr std::size_t kMostWaiting = std::size_t{64} << 20;
constexpr std::size_t kLongestReason = 300;

core::Error stopped() { return {.code = core::ErrorCode::Cancelled, .message = "stopped"}; }

// Where the client's thread leaves what came, for the caller who waits; it is woken no sooner than it can go on.
struct Inbox final : http::Listener {
  explicit Inbox(Until wanted) : until(wanted) {}
  void head(http::Head come) override {
    const std::lock_guard lock(mutex);
    answer = std::move(come);
    if (until == Until::Head) changed.notify_all();
  }
  http::Appetite bytes(std::string_view some) override {
    const std::lock_guard lock(mutex);
    waiting.append(some);
    full = waiting.size() >= kMostWaiting;
    if (until == Until::Head || full) changed.notify_all();
    return full ? http::Appetite::Later : http::Appetite::More;
  }
  void ended(std::optional<core::Error> why) override {
    const std::lock_guard lock(mutex);
    over = true;
    error = std::move(why);
    changed.notify_all();
  }

  const Until until;
  std::mutex mutex{};
  std::condition_variable_any changed{};
  std::optional<http::Head> answer{};
  std::string waiting{};
  bool full = false, over = false;
  std::optional<core::Error> error{};
};

class BeastExchange final : public Exchange {
 public:
  BeastExchange(http::Client& client, http::Request request, std::stop_token stop, Until until)
      : stop_(std::move(stop)), inbox_(std::make_shared<Inbox>(until)), call_(client.begin(std::move(request), inbox_)) {}
  ~BeastExchange() override { call_->cancel(); }

  core::Result<void> wait_for_head() {
    std::unique_lock lock(inbox_->mutex);
    if (!inbox_->changed.wait(lock, stop_, [&] { return has_come(inbox_->answer.has_value()); })) return stopped();
    if (inbox_->answer) return {};
    return failure();
  }

  int status() const override {
    const std::lock_guard lock(inbox_->mutex);
    return inbox_->answer->status;
  }
  std::string header(const std::string& name) const override {
    const std::lock_guard lock(inbox_->mutex);
    return inbox_->answer->header(name);
  }
  void expect_within(core::Duration idle) override { call_->expect_within(idle); }
  void abandon() override { call_->cancel(); }

  core::Result<std::size_t> read(std::string& into) override {
    std::unique_lock lock(inbox_->mutex);
    std::string& waiting = inbox_->waiting;
    if (!inbox_->changed.wait(lock, stop_, [&] { return has_come(!waiting.empty()); })) return stopped();
    if (waiting.empty()) return inbox_->error ? core::Result<std::size_t>(failure()) : core::Result<std::size_t>(std::size_t{0});
    const std::size_t many = waiting.size();
    if (into.empty()) {
      into.swap(waiting);
    } else {
      into += waiting;
    }
    waiting.clear();
    if (std::exchange(inbox_->full, false)) call_->resume();
    return many;
  }

 private:
  bool has_come(bool some) const { return inbox_->over || inbox_->full || (inbox_->until == Until::Head && some); }
  core::Error failure() const {
    if (!inbox_->error) return {.code = core::ErrorCode::Unavailable, .message = "the API server's answer ended before it began"};
    if (inbox_->error->code == core::ErrorCode::Cancelled) return *inbox_->error;
    return {.code = core::ErrorCode::Unavailable,
            .message = "no answer of the API server: " + core::one_token(inbox_->error->message, kLongestReason)};
  }

  std::stop_token stop_;
  std::shared_ptr<Inbox> inbox_;
  std::shared_ptr<http::Call> call_;
};

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

class BeastConnection final : public Connection {
 public:
  explicit BeastConnection(const Identity& identity)
      : server_(server_of(identity, prefix_)),
        headers_(identity.headers),
        client_(server_, [identity](ssl_ctx_st* context) { return secure(context, identity); }) {}

  core::Result<std::unique_ptr<Exchange>> open(const Request& request, const std::string& bearer, std::stop_token stop,
                                               Until until) override {
    if (stop.stop_requested()) return stopped();
    http::Request out{
        .method = request.method,
        .target = prefix_ + request.path,
        .body = request.body,
        .headers = {{"Host", http::authority(server_.host, server_.port)}, {"Accept", request.accept}, {"User-Agent", "millrace"}},
        .deadline = request.deadline,
        .repeatable = request.method != "POST"};
    out.headers.insert(out.headers.end(), headers_.begin(), headers_.end());
    if (!bearer.empty()) out.headers.emplace_back("Authorization", "Bearer " + bearer);
    if (!request.content_type.empty()) out.headers.emplace_back("Content-Type", request.content_type);
    auto exchange = std::make_unique<BeastExchange>(client_, std::move(out), std::move(stop), until);
    if (auto there = exchange->wait_for_head(); !there) return std::move(there).error();
    return std::unique_ptr<Exchange>(std::move(exchange));
  }

 private:
  std::string prefix_{};
  http::Server server_;
  Headers headers_;
  http::Client client_;
};

}  // namespace

std::unique_ptr<Connection> beast_connection(const Identity& identity) { return std::make_unique<BeastConnection>(identity); }

}  // namespace millrace::kube
