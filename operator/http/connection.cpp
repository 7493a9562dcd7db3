#include "http/connection.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>

namespace millrace::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

bool is_address(const std::string& host) {
  boost::system::error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

}  // namespace

Connection::Connection(asio::io_context& context, const Server& server, const Secure& secure)
    : server_(server), secure_(secure), resolver_(context), socket_(context) {}

void Connection::open(Opened opened) {
  opened_ = std::move(opened);
  const bool proxied = !server_.proxy_host.empty();
  const std::string& host = proxied ? server_.proxy_host : server_.host;
  const std::string& port = proxied ? server_.proxy_port : server_.port;
  const auto found = [self = shared_from_this()](const Error& error, const asio::ip::tcp::resolver::results_type& endpoints) {
    if (error) return self->failed("look up the name", error);
    self->connect(endpoints);
  };
  resolver_.async_resolve(host, port, found);
}

void Connection::connect(const asio::ip::tcp::resolver::results_type& endpoints) {
  asio::async_connect(socket_, endpoints, [self = shared_from_this()](const Error& error, const asio::ip::tcp::endpoint&) {
    if (error) return self->failed("connect", error);
    Error ignored;
    self->socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    self->socket_.set_option(asio::socket_base::keep_alive(true), ignored);
    if (!self->server_.proxy_host.empty()) return self->tunnel();
    if (self->server_.tls) return self->shake_hands();
    self->finish(std::nullopt);
  });
}

void Connection::tunnel() {
  const std::string target = authority(server_.host, server_.port);
  ask_ = {beast::http::verb::connect, target, 11};
  ask_.set(beast::http::field::host, target);
  beast::http::async_write(socket_, ask_, [self = shared_from_this()](const Error& error, std::size_t) {
    if (error) return self->failed("ask the proxy", error);
    self->answer_.emplace();
    self->answer_->skip(true);  // after its head the tunnel begins
    beast::http::async_read_header(self->socket_, self->buffer, *self->answer_,
                                   [self](const Error& e, std::size_t) { self->tunnelled(e); });
  });
}

void Connection::tunnelled(const Error& error) {
  if (error) return failed("hear the proxy", error);
  const unsigned status = answer_->get().result_int();
  if (status / 100 != 2) {
    return finish(core::Error{core::ErrorCode::Unavailable, "the proxy answers " + std::to_string(status) + " to CONNECT"});
  }
  if (server_.tls) return shake_hands();
  finish(std::nullopt);
}

void Connection::shake_hands() {
  context_.emplace(asio::ssl::context::tls_client);
  if (const auto ready = secure_(context_->native_handle()); !ready) return finish(ready.error());
  tls_.emplace(socket_, *context_);
  const std::string& name = server_.name.empty() ? server_.host : server_.name;
  tls_->set_verify_mode(asio::ssl::verify_peer);
  tls_->set_verify_callback(asio::ssl::host_name_verification(name));
  // Addresses are no server names (RFC 6066 3).
  if (!is_address(name) && SSL_set_tlsext_host_name(tls_->native_handle(), name.c_str()) != 1) {
    return finish(core::Error{core::ErrorCode::Invalid, "the server's name cannot be sent: " + name});
  }
  tls_->async_handshake(asio::ssl::stream_base::client, [self = shared_from_this()](const Error& error) {
    if (error) return self->failed("agree on TLS", error);
    self->finish(std::nullopt);
  });
}

void Connection::close() {
  closed_ = true;
  resolver_.cancel();
  Error ignored;
  socket_.close(ignored);
}

void Connection::watch(std::function<void()> gone) {
  socket_.async_wait(Socket::wait_read, [self = shared_from_this(), gone = std::move(gone)](const Error& error) {
    if (error != asio::error::operation_aborted) gone();
  });
}

void Connection::unwatch() {
  Error ignored;
  socket_.cancel(ignored);
}

void Connection::failed(const char* doing, const Error& error) {
  finish(core::Error{core::ErrorCode::Unavailable, "cannot " + std::string(doing) + ": " + error.message()});
}

void Connection::finish(std::optional<core::Error> error) {
  if (closed_ || !opened_) return;
  const Opened opened = std::exchange(opened_, nullptr);
  opened(std::move(error));
}

std::shared_ptr<Connection> Pool::take() {
  const auto old = std::chrono::steady_clock::now() - kLongest;
  const auto is_old = [&](const auto& connection) { return connection->idle_since < old; };
  for (const auto& connection : idle_) {
    if (is_old(connection)) connection->close();
  }
  std::erase_if(idle_, is_old);
  if (idle_.empty()) return nullptr;
  auto youngest = std::move(idle_.back());
  idle_.pop_back();
  youngest->unwatch();
  return youngest;
}

void Pool::keep(std::shared_ptr<Connection> connection) {
  if (idle_.size() >= kMost) return connection->close();
  connection->idle_since = std::chrono::steady_clock::now();
  connection->watch([this, at = connection.get()] {
    const auto found = std::find_if(idle_.begin(), idle_.end(), [&](const auto& c) { return c.get() == at; });
    if (found == idle_.end()) return;
    (*found)->close();
    idle_.erase(found);
  });
  idle_.push_back(std::move(connection));
}

void Pool::clear() {
  for (const auto& connection : idle_) connection->close();
  idle_.clear();
}

}  // namespace millrace::http
