// Listening sockets for the servers of this room. Internal to it.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>

#include "core/result.h"

namespace millrace::endpoints {

// Address "": all, IPv6 and IPv4, or IPv4 alone on a host without IPv6. Error Invalid: it is no address, or is taken.
core::Result<void> listen(boost::asio::ip::tcp::acceptor& acceptor, const std::string& address, std::uint16_t port);

}  // namespace millrace::endpoints
