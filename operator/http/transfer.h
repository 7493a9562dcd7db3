// Transfer: one call, from its first byte sent to its last byte received, under one deadline. Thread contract: run() and what follows on
// the thread of the io_context; Call's functions from any.
#pragma once

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>

#include "http/connection.h"

namespace millrace::http {

// What the transfers of one client share.
struct Shared {
  boost::asio::io_context& context;
  Server server{};
  Secure secure{};
  Pool pool{};
};

class Transfer final : public Call, public std::enable_shared_from_this<Transfer> {
 public:
  Transfer(Shared& shared, Request request, std::shared_ptr<Listener> listener);
  void run();

  void cancel() override;
  void expect_within(core::Duration silence) override;

 private:
  using Error = boost::system::error_code;
  using Clock = std::chrono::steady_clock;

  void begin_on(std::shared_ptr<Connection> connection, bool kept);
  void connect();
  void write();
  void read_head();
  void headed(const Error& error);
  void read_body();
  void hand_on(std::size_t many);
  void stopped();
  void arm(core::Duration in);
  void heard();
  void failed(const char* doing, const Error& error);
  void finish(std::optional<core::Error> error);
  // The connection was kept, and closed before it said anything: somebody else's fault, mended by a new one.
  bool again();

  Shared& shared_;
  Request request_;
  std::shared_ptr<Listener> listener_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<Connection> connection_{};
  bool kept_ = false, ended_ = false;
  core::Duration limit_{};
  bool silence_ = false;  // the limit is of silence, not of the whole call
  Clock::time_point heard_{};
  boost::beast::http::request<boost::beast::http::string_body> message_{};
  std::optional<boost::beast::http::response_parser<boost::beast::http::buffer_body>> parser_{};
  std::array<char, 64 * 1024> chunk_;  // not zeroed: each call would pay for it
};

}  // namespace millrace::http
