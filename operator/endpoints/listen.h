// Connections for the servers of this room. Internal to it. Thread contract: that of its io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "core/result.h"

namespace millrace::endpoints {

class Listener {
 public:
  // `take`: gets each connection; one that it drops is closed.
  Listener(boost::asio::io_context& context, std::function<void(boost::asio::ip::tcp::socket)> take)
      : acceptor_(context), pause_(context), take_(std::move(take)) {}

  // Address "": all, IPv6 and IPv4, or IPv4 alone on a host without IPv6. Error Invalid: it is no address, or is taken.
  core::Result<void> listen(const std::string& address, std::uint16_t port);
  std::uint16_t port() const { return port_; }  // after listen(), from any thread

 private:
  void accept();

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::function<void(boost::asio::ip::tcp::socket)> take_;
  std::uint16_t port_ = 0;
};

}  // namespace millrace::endpoints
