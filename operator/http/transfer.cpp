#include "http/transfer.h"

#include <boost/asio/post.hpp>
#include <limits>

namespace millrace::http {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

constexpr std::uint32_t kLargestHead = 64 * 1024;

}  // namespace

Transfer::Transfer(Shared& shared, Request request, std::shared_ptr<Listener> listener)
    : shared_(shared), request_(std::move(request)), listener_(std::move(listener)), timer_(shared.context) {}

void Transfer::run() {
  if (ended_) return;
  message_ = {http::string_to_verb(request_.method), request_.target, 11};
  for (const auto& [name, value] : request_.headers) message_.insert(name, value);
  message_.body() = std::move(request_.body);
  if (!message_.body().empty() || request_.method == "POST" || request_.method == "PUT") message_.prepare_payload();
  arm(request_.deadline);
  if (auto kept = shared_.pool.take()) return begin_on(std::move(kept), true);
  connect();
}

void Transfer::connect() {
  connection_ = std::make_shared<Connection>(shared_.context, shared_.server, shared_.secure);
  // Weak, since the connection is held by us; we are held by our timer.
  connection_->open([weak = weak_from_this()](std::optional<core::Error> error) {
    const auto self = weak.lock();
    if (!self || self->ended_) return;
    if (error) return self->finish(std::move(error));
    self->begin_on(self->connection_, false);
  });
}

void Transfer::begin_on(std::shared_ptr<Connection> connection, bool kept) {
  connection_ = std::move(connection);
  kept_ = kept;
  write();
}

void Transfer::write() {
  connection_->on_stream([this](auto& stream) {
    http::async_write(stream, message_, [self = shared_from_this(), held = connection_](const Error& error, std::size_t) {
      if (self->ended_) return;
      if (!error) return self->read_head();
      if (!self->again()) self->failed("send", error);
    });
  });
}

bool Transfer::again() {
  if (!kept_ || !request_.repeatable || (parser_ && parser_->got_some())) return false;
  connection_->close();
  connect();
  return true;
}

void Transfer::read_head() {
  parser_.emplace();
  parser_->header_limit(kLargestHead);
  parser_->body_limit(std::numeric_limits<std::uint64_t>::max());
  connection_->on_stream([this](auto& stream) {
    http::async_read_header(stream, connection_->buffer, *parser_,
                            [self = shared_from_this(), held = connection_](const Error& error, std::size_t) { self->headed(error); });
  });
}

void Transfer::headed(const Error& error) {
  if (ended_) return;
  if (error && again()) return;
  if (error) return failed("hear the answer", error);
  heard();
  Head head{.status = static_cast<int>(parser_->get().result_int())};
  for (const auto& field : parser_->get()) head.headers.emplace_back(field.name_string(), field.value());
  listener_->head(std::move(head));
  if (!ended_) read_body();
}

void Transfer::read_body() {
  if (ended_) return;
  if (parser_->is_done()) return finish(std::nullopt);
  parser_->get().body() = {.data = chunk_.data(), .size = chunk_.size(), .more = true};
  connection_->on_stream([this](auto& stream) {
    http::async_read_some(stream, connection_->buffer, *parser_, [self = shared_from_this(), held = connection_](Error error, std::size_t) {
      if (self->ended_) return;
      if (error == http::error::need_buffer) error = {};
      if (error) return self->failed("read the answer", error);
      self->hand_on(self->chunk_.size() - self->parser_->get().body().size);
    });
  });
}

void Transfer::hand_on(std::size_t many) {
  heard();
  const Appetite appetite = many > 0 ? listener_->bytes({chunk_.data(), many}) : Appetite::More;
  if (appetite == Appetite::Enough) return stopped();
  read_body();
}

void Transfer::stopped() { finish(core::Error{.code = core::ErrorCode::Cancelled, .message = "stopped"}); }

void Transfer::cancel() {
  asio::post(shared_.context, [self = shared_from_this()] { self->stopped(); });
}

void Transfer::expect_within(core::Duration silence) {
  asio::post(shared_.context, [self = shared_from_this(), silence] {
    self->silence_ = true;
    self->heard();
    self->arm(silence);
  });
}

void Transfer::heard() {
  if (silence_) heard_ = Clock::now();
}

// A timer that fires looks how long the silence really was: hearing costs no timer of its own.
void Transfer::arm(core::Duration in) {
  limit_ = in;
  if (!silence_) heard_ = Clock::now();
  timer_.expires_at(heard_ + limit_);
  timer_.async_wait([self = shared_from_this()](const Error& error) {
    if (error || self->ended_) return;
    if (Clock::now() < self->heard_ + self->limit_) return self->arm(self->limit_);
    self->finish(core::Error{.code = core::ErrorCode::Unavailable, .message = "no answer within " + core::to_text(self->limit_)});
  });
}

void Transfer::failed(const char* doing, const Error& error) {
  finish(core::Error{.code = core::ErrorCode::Unavailable, .message = "cannot " + std::string(doing) + ": " + error.message()});
}

void Transfer::finish(std::optional<core::Error> error) {
  if (std::exchange(ended_, true)) return;
  timer_.cancel();
  const bool whole = !error && parser_ && parser_->is_done() && parser_->get().keep_alive();
  if (connection_ && whole) shared_.pool.keep(std::move(connection_));
  if (connection_) connection_->close();
  connection_.reset();
  const auto listener = std::exchange(listener_, nullptr);
  listener->ended(std::move(error));
}

}  // namespace millrace::http
