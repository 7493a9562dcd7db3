// Connection: from the name look-up to TLS, through a proxy where there is one; and the pool of those that are kept.
// Thread contract: all on the thread of the io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "http/client.h"

namespace millrace::http {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using Tls = boost::asio::ssl::stream<Socket&>;
  using Error = boost::system::error_code;
  using Opened = std::function<void(std::optional<core::Error>)>;

  Connection(boost::asio::io_context& context, const Server& server, const Secure& secure);

  void open(Opened opened);
  void close();  // whatever goes on in it ends

  template <class F>
  void on_stream(F use) {  // what is begun holds the connection until it is done
    if (tls_) return use(*tls_);
    use(socket_);
  }

  // While it is kept: `gone` is called when the server closes it, or says something that nobody asked for.
  void watch(std::function<void()> gone);
  void unwatch();

  boost::beast::flat_buffer buffer{};  // bytes that were read and not yet parsed
  std::chrono::steady_clock::time_point idle_since{};

 private:
  void connect(const boost::asio::ip::tcp::resolver::results_type& endpoints);
  void tunnel();
  void tunnelled(const Error& error);
  void shake_hands();
  void failed(const char* doing, const Error& error);
  void finish(std::optional<core::Error> error);

  const Server& server_;
  const Secure& secure_;
  boost::asio::ip::tcp::resolver resolver_;
  Socket socket_;
  std::optional<boost::asio::ssl::context> context_{};
  std::optional<Tls> tls_{};
  Opened opened_{};
  boost::beast::http::request<boost::beast::http::empty_body> ask_{};
  std::optional<boost::beast::http::response_parser<boost::beast::http::empty_body>> answer_{};
  bool closed_ = false;
};

// Connections that wait for the next call, the youngest first.
class Pool {
 public:
  std::shared_ptr<Connection> take();  // nullptr: there is none
  void keep(std::shared_ptr<Connection> connection);
  void clear();

 private:
  static constexpr std::size_t kMost = 32;
  static constexpr std::chrono::seconds kLongest{30};
  std::vector<std::shared_ptr<Connection>> idle_{};
};

}  // namespace millrace::http
