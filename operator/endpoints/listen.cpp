#include "endpoints/listen.h"

#include <boost/asio/ip/v6_only.hpp>
#include <chrono>

namespace millrace::endpoints {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

error_code listen_at(tcp::acceptor& acceptor, const tcp::endpoint& at, bool both) {
  error_code error;
  acceptor.open(at.protocol(), error);
  if (error) return error;
  acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (both) acceptor.set_option(asio::ip::v6_only(false), error);
  acceptor.bind(at, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    error_code ignored;
    acceptor.close(ignored);
  }
  return error;
}

}  // namespace

core::Result<void> Listener::listen(const std::string& address, std::uint16_t port) {
  error_code error;
  if (address.empty()) {
    error = listen_at(acceptor_, {tcp::v6(), port}, true);
    if (error == asio::error::address_family_not_supported || error == boost::system::errc::address_not_available) {
      error = listen_at(acceptor_, {tcp::v4(), port}, false);  // a host without IPv6
    }
  } else {
    const auto parsed = asio::ip::make_address(address, error);
    if (!error) error = listen_at(acceptor_, {parsed, port}, false);
  }
  if (!error) {
    port_ = acceptor_.local_endpoint().port();
    accept();
    return {};
  }
  return core::Error{.code = core::ErrorCode::Invalid,
                     .message = "cannot listen on " + address + ":" + std::to_string(port) + ": " + error.message()};
}

void Listener::accept() {
  acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
    if (!error) {
      take_(std::move(socket));
      return accept();
    }
    // Out of file descriptors: trying again at once would spin.
    pause_.expires_after(std::chrono::milliseconds(100));
    pause_.async_wait([this](const error_code& stopped) {
      if (!stopped) accept();
    });
  });
}

}  // namespace millrace::endpoints
