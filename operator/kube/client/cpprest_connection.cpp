// What it guards against in cpprestsdk: no total deadline of a call, system authorities trusted besides the cluster's, redirects that carry
// the token, exceptions nobody observes (they would end the process), a client that stays broken, watches whose bytes arrive late.
#include <cpprest/http_client.h>
#include <pplx/threadpool.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "core/text.h"
#include "kube/client/connection.h"
#include "kube/client/errors.h"
#include "kube/client/tls_context.h"

namespace millrace::kube {
namespace {

using Clock = std::chrono::steady_clock;
namespace http = web::http;
using Client = http::client::http_client;

constexpr std::size_t kPoolThreads = 4;  // cpprestsdk's default of 40 is for servers
constexpr int kErrorsBeforeNewClient = 3;
constexpr std::chrono::hours kNoTimeout{24};       // deadlines are our own timer's
constexpr std::chrono::milliseconds kGiveUp{500};  // after a cancel: for what cannot be interrupted (name resolution)
constexpr std::size_t kLongestReason = 300;
constexpr std::size_t kChunk = 64 * 1024;

void start_pool() {
  static std::once_flag once;
  std::call_once(once, [] {
    // cpprestsdk reads the system's authorities for each new connection, before we replace them: 270 ms instead of 12 with Debian's.
    setenv("SSL_CERT_FILE", "/dev/null", 1);
    try {
      crossplat::threadpool::initialize_with_threads(kPoolThreads);
    } catch (const std::exception&) {
      return;  // somebody has already used the pool; its size is theirs
    }
  });
}

// Cancels `source` at the end of `limit`: of the whole call, or of the silence once touching counts. Touching costs an atomic store.
class Watchdog : public std::enable_shared_from_this<Watchdog> {
 public:
  Watchdog(pplx::cancellation_token_source source, core::Duration limit)
      : source_(std::move(source)), timer_(crossplat::threadpool::shared_instance().service()), limit_(limit) {}

  void start(core::Duration limit) {
    const std::lock_guard lock(mutex_);
    limit_ = limit;
    heard_ = Clock::now().time_since_epoch().count();
    arm(limit);
  }
  void expect_within(core::Duration idle) {
    idle_ = true;
    start(idle);
  }
  void touch() {
    if (idle_) heard_ = Clock::now().time_since_epoch().count();
  }
  void stop() {
    const std::lock_guard lock(mutex_);
    done_ = true;
    timer_.cancel();
  }
  bool fired() const { return fired_; }
  core::Duration limit() const { return limit_; }

 private:
  void arm(Clock::duration in) {
    timer_.expires_after(in);
    timer_.async_wait([self = shared_from_this(), turn = ++turn_](const boost::system::error_code&) { self->look(turn); });
  }
  void look(int turn) {
    {
      const std::lock_guard lock(mutex_);
      if (done_ || turn != turn_) return;
      const auto left = Clock::duration(heard_) + limit_ - Clock::now().time_since_epoch();
      if (left > Clock::duration::zero()) return arm(left);
      fired_ = true;
    }
    source_.cancel();
  }

  pplx::cancellation_token_source source_;
  std::mutex mutex_;
  boost::asio::steady_timer timer_;
  core::Duration limit_;
  std::atomic<Clock::rep> heard_{0};
  std::atomic<bool> fired_{false};
  std::atomic<bool> idle_{false};
  bool done_ = false;
  int turn_ = 0;
};

// Where a task of the pool leaves its result for the waiting caller, who may have gone.
template <class T>
struct Mailbox {
  std::mutex mutex{};
  std::condition_variable_any changed{};
  std::optional<T> value{};
  std::string error{};
  bool done = false;
};

template <class T>
std::shared_ptr<Mailbox<T>> deliver(pplx::task<T> task) {
  auto box = std::make_shared<Mailbox<T>>();
  // Task-based: it observes every exception. An unobserved one would end the process.
  task.then([box](pplx::task<T> done) {
    const std::lock_guard lock(box->mutex);
    try {
      box->value = done.get();
    } catch (const pplx::task_canceled&) {
      box->error = "cancelled";
    } catch (const std::exception& e) {
      box->error = e.what();
    }
    box->done = true;
    box->changed.notify_all();
  });
  return box;
}

// What cpprestsdk has no way to do; "": nothing of this identity.
std::string beyond(const Identity& identity) {
  if (host_of(identity.server).find(':') != std::string::npos) return "speak to " + identity.server + ", an IPv6 address";
  std::set<std::string> names;
  for (const auto& [name, value] : identity.headers) {
    if (!names.insert(name).second) return "send two headers " + name;
  }
  return {};
}

http::http_request native(const Request& request, const std::string& bearer, const Identity& identity) {
  http::http_request out(request.method);
  out.set_request_uri(web::uri(request.path));
  out.headers().add("Accept", request.accept);
  out.headers().add("User-Agent", "millrace");
  if (!bearer.empty()) out.headers().add("Authorization", "Bearer " + bearer);
  for (const auto& [name, value] : identity.headers) out.headers().add(name, value);
  // Also the name that the certificate is checked against.
  if (!identity.tls_server_name.empty()) out.headers().add("Host", identity.tls_server_name);
  if (!request.content_type.empty()) {
    out.set_body(std::vector<unsigned char>(request.body.begin(), request.body.end()));
    out.headers().set_content_type(request.content_type);
  }
  return out;
}

class CpprestExchange final : public Exchange {
 public:
  CpprestExchange(std::stop_token stopper, core::Duration deadline)
      : watchdog(std::make_shared<Watchdog>(source, deadline)), stop(std::move(stopper)), on_stop(stop, [this] { source.cancel(); }) {
    watchdog->start(deadline);
  }
  ~CpprestExchange() override { watchdog->stop(); }

  int status() const override { return response->status_code(); }
  std::string header(const std::string& name) const override {
    const auto& headers = response->headers();
    const auto it = headers.find(name);
    return it == headers.end() ? std::string() : it->second;
  }
  void expect_within(core::Duration idle) override { watchdog->expect_within(idle); }
  void abandon() override { source.cancel(); }
  core::Result<std::size_t> read(std::string& into) override;

  // The result of a task, waited for on this thread. Once cancelled, whatever does not come back soon is left to the pool.
  template <class T>
  core::Result<T> wait(pplx::task<T> task) {
    const auto box = deliver(std::move(task));
    std::unique_lock lock(box->mutex);
    const auto ready = [&] { return box->done; };
    while (!box->done && !cancelled()) box->changed.wait_for(lock, std::chrono::milliseconds(100), ready);
    if (!box->done) box->changed.wait_for(lock, kGiveUp, ready);
    if (box->value && !cancelled()) return *std::move(box->value);
    return failure(box->error);
  }
  bool cancelled() const { return stop.stop_requested() || watchdog->fired(); }
  core::Error failure(const std::string& what) const {
    if (stop.stop_requested()) return stopped();
    if (watchdog->fired())
      return {.code = core::ErrorCode::Unavailable, .message = "no answer of the API server within " + core::to_text(watchdog->limit())};
    return {.code = core::ErrorCode::Unavailable, .message = "no answer of the API server: " + core::one_token(what, kLongestReason)};
  }

  pplx::cancellation_token_source source{};
  std::shared_ptr<Watchdog> watchdog;
  std::stop_token stop;
  std::stop_callback<std::function<void()>> on_stop;
  std::shared_ptr<Client> client{};  // lives as long as its answer is read
  std::optional<http::http_response> response{};
};

core::Result<std::size_t> CpprestExchange::read(std::string& into) {
  auto stream = response->body().streambuf();
  const auto chunk = std::make_shared<std::vector<std::uint8_t>>(kChunk);  // outlives us, should this thread give up on a task
  try {
    // One byte wakes us at once; asking for more would wait until that much has come.
    auto first = wait<std::size_t>(stream.getn(chunk->data(), 1).then([chunk](std::size_t n) { return n; }));
    if (!first) return std::move(first).error();
    std::size_t n = *first;
    if (n == 0) return n;
    watchdog->touch();
    if (const auto more = std::min(kChunk - 1, stream.in_avail()); more > 0) {
      auto rest = wait<std::size_t>(stream.getn(chunk->data() + 1, more).then([chunk](std::size_t m) { return m; }));
      if (!rest) return std::move(rest).error();
      n += *rest;
    }
    into.append(chunk->begin(), chunk->begin() + static_cast<std::ptrdiff_t>(n));
    return n;
  } catch (const std::exception& e) {
    return failure(e.what());
  }
}

// What the TLS callback needs; shared, because cpprestsdk may call it for a request that its caller has given up.
struct Trust {
  explicit Trust(Identity who) : identity(std::move(who)) {}
  void apply(boost::asio::ssl::context& context) {
    const auto ok = secure(context.native_handle(), identity);
    const std::lock_guard lock(mutex);
    error = ok ? std::string() : ok.error().message;
  }
  core::Error explained(core::Error e) {
    const std::lock_guard lock(mutex);
    if (!error.empty()) e.message += " (" + error + ")";
    return e;
  }
  const Identity identity;
  std::mutex mutex{};
  std::string error{};
};

class CpprestConnection final : public Connection {
 public:
  explicit CpprestConnection(Identity who) : trust(std::make_shared<Trust>(std::move(who))) { start_pool(); }

  core::Result<std::unique_ptr<Exchange>> open(const Request& request, const std::string& bearer, std::stop_token stop) override;

 private:
  std::shared_ptr<Client> get() {
    const std::lock_guard lock(mutex);
    if (!client) client = std::make_shared<Client>(web::uri(trust->identity.server), config());
    return client;
  }
  // A client that failed several times in a row may be stuck for ever (its pool of connections is not ours to look into).
  void judge(bool good) {
    const std::lock_guard lock(mutex);
    errors = good ? 0 : errors + 1;
    if (errors < kErrorsBeforeNewClient) return;
    client.reset();
    errors = 0;
  }
  http::client::http_client_config config() {
    http::client::http_client_config out;
    out.set_timeout(std::chrono::duration_cast<utility::seconds>(kNoTimeout));
    out.set_max_redirects(0);
    if (!trust->identity.proxy.empty()) out.set_proxy(web::web_proxy(web::uri(trust->identity.proxy)));
    out.set_ssl_context_callback([trust = trust](boost::asio::ssl::context& context) { trust->apply(context); });
    return out;
  }

  const std::shared_ptr<Trust> trust;
  std::mutex mutex{};
  std::shared_ptr<Client> client{};
  int errors = 0;
};

core::Result<std::unique_ptr<Exchange>> CpprestConnection::open(const Request& request, const std::string& bearer, std::stop_token stop) {
  if (const std::string what = beyond(trust->identity); !what.empty())
    return core::Error{.code = core::ErrorCode::Invalid, .message = "cpprestsdk cannot " + what + ": use beast"};
  try {
    auto exchange = std::make_unique<CpprestExchange>(stop, request.deadline);
    if (exchange->cancelled()) return exchange->failure({});
    exchange->client = get();
    auto answer = exchange->wait(exchange->client->request(native(request, bearer, trust->identity), exchange->source.get_token()));
    if (!stop.stop_requested()) judge(answer.has_value());
    if (!answer) return trust->explained(std::move(answer).error());
    exchange->response = *std::move(answer);
    return std::unique_ptr<Exchange>(std::move(exchange));
  } catch (const std::exception& e) {
    return core::Error{.code = core::ErrorCode::Invalid,
                       .message = "cannot send the request: " + core::one_token(e.what(), kLongestReason)};
  }
}

}  // namespace

std::unique_ptr<Connection> cpprest_connection(const Identity& identity) { return std::make_unique<CpprestConnection>(identity); }

}  // namespace millrace::kube
