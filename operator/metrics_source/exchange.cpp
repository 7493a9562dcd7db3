#include "metrics_source/exchange.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <fstream>
#include <iterator>

#include "core/text.h"

namespace millrace::metrics_source {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using core::ErrorCode;

constexpr std::size_t kLargestBody = std::size_t{1} << 20;
constexpr std::uint32_t kLargestHeader = 16 * 1024;
constexpr std::size_t kMostIdle = 20;
constexpr std::chrono::seconds kMostIdleTime{30};
constexpr const char* kBroken = "the metrics source cannot be reached: ";

// The file's words without white space at their ends; nothing that could end the header.
std::optional<std::string> token_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  std::string out{std::istreambuf_iterator<char>(in), {}};
  while (!out.empty() && static_cast<unsigned char>(out.back()) <= ' ') out.pop_back();
  const bool clean = std::all_of(out.begin(), out.end(), [](char c) { return c > ' ' && c < 0x7f; });
  return out.empty() || !clean ? std::nullopt : std::optional(out);
}

}  // namespace

Exchange::Exchange(Shared& shared, Query query, Done done)
    : shared_(shared), query_(std::move(query)), done_(std::move(done)), timer_(shared.context), resolver_(shared.context) {}

template <class F>
void Exchange::on_stream(F use) {
  if (connection_->tls) return use(*connection_->tls);
  use(*connection_->plain);
}

bool Exchange::build(std::string& why) {
  const Source& source = shared_.source;
  request_.version(11);
  request_.method(http::verb::get);
  request_.target(target(source, query_.path_and_query, query_.ns));
  request_.set(http::field::host, authority(source));
  request_.set(http::field::user_agent, "millrace");
  request_.set(http::field::accept, "application/json");
  if (source.tenancy == Tenancy::Header) request_.set("X-Scope-OrgID", query_.ns);
  if (source.token_file.empty()) return true;
  const auto token = token_of(source.token_file);
  why = "token-file " + source.token_file + " holds no token";
  if (token) request_.set(http::field::authorization, "Bearer " + *token);
  return token.has_value();
}

void Exchange::run() {
  std::string why;
  if (!build(why)) return finish(core::Error{ErrorCode::Unavailable, why});
  timer_.expires_after(query_.deadline);
  timer_.async_wait([self = shared_from_this()](const Error& error) {
    if (!error) self->finish(core::Error{ErrorCode::Unavailable, "no answer within " + core::to_text(self->query_.deadline)});
  });
  auto& idle = shared_.idle;
  const auto old = std::chrono::steady_clock::now() - kMostIdleTime;
  std::erase_if(idle, [&](const auto& connection) { return connection->idle_since < old; });
  if (idle.empty()) return connect();
  connection_ = std::move(idle.back());
  idle.pop_back();
  kept_ = true;
  write();
}

void Exchange::connect() {
  connection_ = std::make_unique<Connection>();
  kept_ = false;
  if (shared_.tls == nullptr) {
    connection_->plain = std::make_unique<Connection::Plain>(shared_.context);
  } else {
    connection_->tls = std::make_unique<Connection::Tls>(shared_.context, *shared_.tls);
  }
  const Source& source = shared_.source;
  resolver_.async_resolve(source.host, source.port, [self = shared_from_this()](const Error& error, const Endpoints& endpoints) {
    if (!self->done_) return;
    if (error) return self->failed("look up the name", error);
    self->connection_->lowest().async_connect(endpoints,
                                              [self](const Error& error, const Endpoints::endpoint_type&) { self->connected(error); });
  });
}

void Exchange::connected(const Error& error) {
  if (!done_) return;
  if (error) return failed("connect", error);
  if (connection_->tls) return shake_hands();
  write();
}

void Exchange::shake_hands() {
  Connection::Tls& stream = *connection_->tls;
  const std::string& host = shared_.source.host;
  stream.set_verify_callback(asio::ssl::host_name_verification(host));
  if (!SSL_set_tlsext_host_name(stream.native_handle(), host.c_str())) {
    return finish(core::Error{ErrorCode::Unavailable, "the metrics source's name cannot be sent"});
  }
  stream.async_handshake(asio::ssl::stream_base::client, [self = shared_from_this()](const Error& error) {
    if (!self->done_) return;
    if (error) return self->failed("agree on TLS", error);
    self->write();
  });
}

void Exchange::write() {
  on_stream([this](auto& stream) {
    http::async_write(stream, request_, [self = shared_from_this()](const Error& error, std::size_t) {
      if (!self->done_) return;
      if (!error) return self->read();
      if (self->kept_) return self->connect();
      self->failed("send", error);
    });
  });
}

void Exchange::read() {
  buffer_.clear();
  parser_.emplace();
  parser_->body_limit(kLargestBody);
  parser_->header_limit(kLargestHeader);
  on_stream([this](auto& stream) {
    http::async_read(stream, buffer_, *parser_, [self = shared_from_this()](const Error& error, std::size_t) { self->answer(error); });
  });
}

void Exchange::answer(const Error& error) {
  if (!done_) return;
  if (error == http::error::body_limit) return finish(core::Error{ErrorCode::TooLarge, "the answer is larger than 1 MiB"});
  if (error && kept_ && !parser_->got_some()) return connect();  // it was closed meanwhile; a query may be put twice
  if (error) return failed("read the answer", error);
  auto response = parser_->release();
  if (response.keep_alive() && shared_.idle.size() < kMostIdle) {
    connection_->idle_since = std::chrono::steady_clock::now();
    shared_.idle.push_back(std::move(connection_));
  }
  finish(Reply{static_cast<int>(response.result_int()), std::move(response.body())});
}

void Exchange::failed(const char* doing, const Error& error) {
  finish(core::Error{ErrorCode::Unavailable, kBroken + std::string(doing) + ": " + error.message()});
}

// What comes after is of no interest: the connection is closed where it was not kept.
void Exchange::finish(core::Result<Reply> result) {
  if (!done_) return;
  const Done done = std::exchange(done_, nullptr);
  timer_.cancel();
  resolver_.cancel();
  if (connection_) connection_->lowest().cancel();
  done(std::move(result));
}

}  // namespace millrace::metrics_source
