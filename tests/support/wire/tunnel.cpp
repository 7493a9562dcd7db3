#include "support/wire/tunnel.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <istream>
#include <list>
#include <mutex>
#include <thread>

namespace millrace::support {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

void pass(tcp::socket& from, tcp::socket& to) {
  std::array<char, 16 * 1024> some{};
  error_code error;
  while (!error) {
    const std::size_t many = from.read_some(asio::buffer(some), error);
    if (!error) asio::write(to, asio::buffer(some, many), error);
  }
  ::shutdown(to.native_handle(), SHUT_RDWR);
}

}  // namespace

struct Tunnel::Impl {
  explicit Impl(int answer) : status(answer), acceptor(context, {asio::ip::address_v4::loopback(), 0}), thread([this] { accept(); }) {}

  struct Way {
    explicit Way(asio::io_context& context) : near(context), far(context) {}
    tcp::socket near, far;
    std::thread there{}, back{};
  };

  void accept() {
    for (;;) {
      tcp::socket socket(context);
      error_code error;
      acceptor.accept(socket, error);
      const std::lock_guard lock(mutex);
      if (error || stopped) return;
      Way& way = ways.emplace_back(context);
      way.near = std::move(socket);
      way.there = std::thread([this, &way] { serve(way); });
    }
  }

  void serve(Way& way) {
    asio::streambuf head;
    error_code error;
    asio::read_until(way.near, head, "\r\n\r\n", error);
    if (error) return;
    std::istream in(&head);
    std::string line;
    std::getline(in, line);
    {
      const std::lock_guard lock(mutex);
      asked.push_back(line.substr(0, line.find('\r')));
    }
    asio::write(way.near, asio::buffer("HTTP/1.1 " + std::to_string(status) + " X\r\n\r\n"), error);
    const auto colon = line.rfind(':', line.rfind(' '));
    if (status == 200) {
      way.far.connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::stoi(line.substr(colon + 1)))}, error);
      way.back = std::thread([&way] { pass(way.far, way.near); });
      pass(way.near, way.far);
    }
    ::shutdown(way.near.native_handle(), SHUT_RDWR);
  }

  void stop() {
    {
      const std::lock_guard lock(mutex);
      stopped = true;
      ::shutdown(acceptor.native_handle(), SHUT_RDWR);
      for (Way& way : ways) ::shutdown(way.near.native_handle(), SHUT_RDWR);
    }
    thread.join();
    for (Way& way : ways) {
      way.there.join();
      if (way.back.joinable()) way.back.join();
    }
  }

  int status;
  asio::io_context context{};
  tcp::acceptor acceptor;
  mutable std::mutex mutex{};
  std::list<Way> ways{};
  std::vector<std::string> asked{};
  bool stopped = false;
  std::thread thread;
};

Tunnel::Tunnel(int status) : impl_(std::make_unique<Impl>(status)) {}
Tunnel::~Tunnel() { impl_->stop(); }
std::uint16_t Tunnel::port() const { return impl_->acceptor.local_endpoint().port(); }
std::vector<std::string> Tunnel::asked() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->asked;
}

}  // namespace millrace::support
