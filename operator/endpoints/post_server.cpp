#include "endpoints/post_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "core/text.h"
#include "endpoints/listen.h"

namespace millrace::endpoints {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::uint32_t kLargestHead = 12 * 1024;
constexpr std::chrono::seconds kRequest{10}, kAnswer{5};

struct Shared {
  PostServer::Handler handler;
  asio::io_context& context;
  asio::ssl::context& tls;
  asio::thread_pool worker{1};
  int connections = 0, most = 0;
};

std::string token_of(const http::request<http::string_body>& request) {
  constexpr std::string_view kBearer = "Bearer ";
  const auto value = request[http::field::authorization];
  const std::string_view text(value.data(), value.size());
  return text.starts_with(kBearer) ? std::string(text.substr(kBearer.size())) : std::string();
}

Page handled(const PostServer::Handler& handler, const Posted& posted) {
  try {
    return handler(posted);
  } catch (const std::exception& e) {
    return {.status = 500, .body = "internal error: " + core::one_token(e.what()) + "\n"};
  }
}

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Shared& shared) : stream_(std::move(socket), shared.tls), shared_(shared) { ++shared_.connections; }
  ~Session() { --shared_.connections; }

  void run() {
    beast::get_lowest_layer(stream_).expires_after(kRequest);
    stream_.async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](const error_code& error) {
      if (!error) self->read();
    });
  }

 private:
  void read() {
    parser_.header_limit(kLargestHead);
    parser_.body_limit(kMostPosted);
    http::async_read(stream_, buffer_, parser_, [self = shared_from_this()](const error_code& error, std::size_t) { self->judge(error); });
  }

  void judge(const error_code& error) {
    if (error == http::error::header_limit) return write({.status = 431, .body = "headers are too large\n"});
    if (error == http::error::body_limit) return write({.status = 413, .body = "at most 2048 bytes\n"});
    if (error && error.category() == make_error_code(http::error::bad_version).category() && error != http::error::end_of_stream &&
        error != http::error::partial_message) {
      return write({.status = 400, .body = "bad request\n"});
    }
    if (error) return;
    const auto& request = parser_.get();
    if (request.method() != http::verb::post) return write({.status = 405, .body = "POST only\n"});
    handle({.target = std::string(request.target()), .token = token_of(request), .body = request.body()});
  }

  // Other connections are read meanwhile. The handler bounds its own time.
  void handle(Posted posted) {
    beast::get_lowest_layer(stream_).expires_never();
    asio::post(shared_.worker, [self = shared_from_this(), posted = std::move(posted)]() mutable {
      Page page = handled(self->shared_.handler, posted);
      auto& context = self->shared_.context;  // the session ends on the server's thread, whose counter it holds
      asio::post(context, [self = std::move(self), page = std::move(page)]() mutable { self->write(std::move(page)); });
    });
  }

  void write(Page page) {
    response_.version(11);
    response_.result(static_cast<unsigned>(page.status));
    response_.set(http::field::content_type, page.content_type);
    response_.keep_alive(false);
    response_.body() = std::move(page.body);
    response_.prepare_payload();
    beast::get_lowest_layer(stream_).expires_after(kAnswer);
    http::async_write(stream_, response_, [self = shared_from_this()](const error_code& error, std::size_t) {
      if (!error) self->stream_.async_shutdown([self](const error_code&) {});
    });
  }

  beast::ssl_stream<beast::tcp_stream> stream_;
  Shared& shared_;
  beast::flat_buffer buffer_{kLargestHead + kMostPosted};
  http::request_parser<http::string_body> parser_{};
  http::response<http::string_body> response_{};
};

core::Error invalid(const error_code& error) {
  return {.code = core::ErrorCode::Invalid, .message = "the certificate of reports: " + error.message()};
}

core::Result<void> load(asio::ssl::context& tls, const Certificate& identity) {
  error_code error;
  tls.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, error);
  if (!error) tls.use_certificate(asio::buffer(identity.certificate), asio::ssl::context::pem, error);
  if (!error) tls.use_private_key(asio::buffer(identity.key), asio::ssl::context::pem, error);
  if (error) return invalid(error);
  return {};
}

}  // namespace

struct PostServer::Impl {
  Impl(Handler handler, int most) : shared{.handler = std::move(handler), .context = context, .tls = tls} { shared.most = most; }

  // Over the bound the socket is closed at once; the others are served on.
  void take(tcp::socket socket) {
    if (shared.connections < shared.most) std::make_shared<Session>(std::move(socket), shared)->run();
  }

  asio::ssl::context tls{asio::ssl::context::tls_server};
  Shared shared;  // sessions end with the context and use it until then
  asio::io_context context{1};
  Listener listener{context, [this](tcp::socket socket) { take(std::move(socket)); }};
  std::thread thread{};
};

PostServer::PostServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

PostServer::~PostServer() {
  impl_->context.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
  impl_->shared.worker.join();
}

std::uint16_t PostServer::port() const { return impl_->listener.port(); }

core::Result<std::unique_ptr<PostServer>> PostServer::start(const ServerOptions& options, const Certificate& identity, Handler handler) {
  auto impl = std::make_unique<Impl>(std::move(handler), options.connections);
  if (const auto loaded = load(impl->tls, identity); !loaded) return loaded.error();
  if (const auto listens = impl->listener.listen(options.address, options.port); !listens) return listens.error();
  impl->thread = std::thread([context = &impl->context] { context->run(); });
  return std::unique_ptr<PostServer>(new PostServer(std::move(impl)));
}

}  // namespace millrace::endpoints
