#include "endpoints/server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
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

constexpr std::uint32_t kLargestHeader = 8 * 1024;
constexpr std::chrono::seconds kFirstByte{10}, kBetweenRequests{90}, kSending{10};

using Answer = http::response<http::string_body>;

Page page_of(const Pages& pages, const http::request<http::empty_body>& request) {
  const std::string target(request.target());
  const auto it = pages.find(target.substr(0, target.find('?')));
  if (it == pages.end()) return {.status = 404, .body = "not found\n"};
  if (request.method() != http::verb::get && request.method() != http::verb::head) return {.status = 405, .body = "GET and HEAD only\n"};
  try {
    return it->second();
  } catch (const std::exception& e) {
    return {.status = 500, .body = "internal error: " + core::one_token(e.what()) + "\n"};
  }
}

struct Shared {
  Pages pages;
  int connections = 0, most = 0;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, std::shared_ptr<Shared> shared) : stream_(std::move(socket)), shared_(std::move(shared)) {
    ++shared_->connections;
  }
  ~Session() { --shared_->connections; }
  void run() { read(kFirstByte); }

 private:
  void read(std::chrono::seconds limit) {
    parser_.emplace();
    parser_->header_limit(kLargestHeader);
    parser_->body_limit(0);
    stream_.expires_after(limit);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](const error_code& error, std::size_t) { self->answer(error); });
  }

  void answer(const error_code& error) {
    if (error == http::error::header_limit) return write({.status = 431, .body = "headers are too large\n"}, false, false);
    if (error == http::error::body_limit) return write({.status = 413, .body = "no bodies\n"}, false, false);
    if (error.category() == make_error_code(http::error::bad_version).category() && error != http::error::end_of_stream &&
        error != http::error::partial_message) {
      return write({.status = 400, .body = "bad request\n"}, false, false);
    }
    if (error) return close();
    const auto& request = parser_->get();
    write(page_of(shared_->pages, request), request.keep_alive(), request.method() == http::verb::head);
  }

  void write(Page page, bool keep_alive, bool head) {
    response_ = {};
    response_.version(11);
    response_.result(static_cast<unsigned>(page.status));
    response_.set(http::field::content_type, page.content_type);
    response_.set(http::field::cache_control, "no-store");
    response_.keep_alive(keep_alive);
    response_.content_length(page.body.size());
    if (!head) response_.body() = std::move(page.body);
    stream_.expires_after(kSending);
    auto done = [self = shared_from_this(), keep_alive](const error_code& error, std::size_t) {
      if (error || !keep_alive) return self->close();
      self->read(kBetweenRequests);
    };
    if (!head) return http::async_write(stream_, response_, std::move(done));
    serializer_.emplace(response_);
    http::async_write_header(stream_, *serializer_, std::move(done));
  }

  void close() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  beast::tcp_stream stream_;
  std::shared_ptr<Shared> shared_;
  beast::flat_buffer buffer_{kLargestHeader * 2};
  std::optional<http::request_parser<http::empty_body>> parser_{};
  Answer response_{};
  std::optional<http::response_serializer<http::string_body>> serializer_{};
};

}  // namespace

struct Server::Impl {
  Impl(Pages pages, int most) : shared(std::make_shared<Shared>(Shared{std::move(pages), 0, most})) {}

  // Over the bound the socket is closed at once; the others are served on.
  void take(tcp::socket socket) {
    if (shared->connections < shared->most) std::make_shared<Session>(std::move(socket), shared)->run();
  }

  std::shared_ptr<Shared> shared;
  asio::io_context context{1};
  Listener listener{context, [this](tcp::socket socket) { take(std::move(socket)); }};
  std::thread thread{};
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  impl_->context.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

std::uint16_t Server::port() const { return impl_->listener.port(); }

core::Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, Pages pages) {
  auto impl = std::make_unique<Impl>(std::move(pages), options.connections);
  if (const auto listens = impl->listener.listen(options.address, options.port); !listens) return listens.error();
  impl->thread = std::thread([context = &impl->context] { context->run(); });
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

}  // namespace millrace::endpoints
