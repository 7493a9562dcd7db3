// Exchange: one query over one connection, from the name look-up to the last byte, under one deadline. A connection that was kept and
// turns out to be closed is replaced by a new one, once. Thread contract: all on the thread of the io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "metrics_source/client.h"

namespace millrace::metrics_source {

struct Connection {
  using Plain = boost::beast::tcp_stream;
  using Tls = boost::beast::ssl_stream<Plain>;
  std::unique_ptr<Plain> plain{};  // one of them
  std::unique_ptr<Tls> tls{};
  std::chrono::steady_clock::time_point idle_since{};
  Plain& lowest() { return tls ? boost::beast::get_lowest_layer(*tls) : *plain; }
};

// What the exchanges with one source share.
struct Shared {
  Source source{};
  boost::asio::io_context& context;
  boost::asio::ssl::context* tls = nullptr;
  std::vector<std::unique_ptr<Connection>> idle{};
};

class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(Shared& shared, Query query, Done done);
  void run();

 private:
  using Error = boost::system::error_code;
  using Endpoints = boost::asio::ip::tcp::resolver::results_type;

  bool build(std::string& why);
  void connect();
  void connected(const Error& error);
  void shake_hands();
  void write();
  void read();
  void answer(const Error& error);
  void failed(const char* doing, const Error& error);
  void finish(core::Result<Reply> result);
  template <class F>
  void on_stream(F use);

  Shared& shared_;
  Query query_;
  Done done_;
  boost::asio::steady_timer timer_;
  boost::asio::ip::tcp::resolver resolver_;
  std::unique_ptr<Connection> connection_{};
  bool kept_ = false;  // the connection served another query before
  boost::beast::flat_buffer buffer_{};
  boost::beast::http::request<boost::beast::http::empty_body> request_{};
  std::optional<boost::beast::http::response_parser<boost::beast::http::string_body>> parser_{};
};

}  // namespace millrace::metrics_source
