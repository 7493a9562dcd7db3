#include "support/wire/tls_server.h"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <list>
#include <mutex>
#include <sstream>
#include <thread>

namespace millrace::support {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

struct Peer::Impl {
  Impl(tcp::socket socket, asio::ssl::context& tls, int count) : stream(std::move(socket), tls), number(count) {}
  asio::ssl::stream<tcp::socket> stream;
  boost::beast::flat_buffer buffer{};
  int number;
  std::thread thread{};
};

int Peer::number() const { return impl_.number; }

std::optional<SeenRequest> Peer::read() {
  http::request<http::string_body> request;
  error_code error;
  http::read(impl_.stream, impl_.buffer, request, error);
  if (error) return std::nullopt;
  SeenRequest out{.method = std::string(request.method_string()), .target = std::string(request.target()), .body = request.body()};
  for (const auto& field : request) out.headers[std::string(field.name_string())] = std::string(field.value());
  return out;
}

bool Peer::write(const std::string& bytes) {
  error_code error;
  asio::write(impl_.stream, asio::buffer(bytes), error);
  return !error;
}

bool Peer::answer(int status, const std::string& body, const std::string& headers) {
  return write("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\n" + headers +
               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

bool Peer::start_stream() { return write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"); }

bool Peer::chunk(const std::string& bytes) {
  std::ostringstream size;
  size << std::hex << bytes.size();
  return write(size.str() + "\r\n" + bytes + "\r\n");
}

bool Peer::end_stream() { return write("0\r\n\r\n"); }

void Peer::wait_until_gone() {
  char byte = 0;
  error_code error;
  while (!error) impl_.stream.read_some(asio::buffer(&byte, 1), error);
}

namespace {

asio::ip::address loopback(bool ipv6) {
  if (ipv6) return asio::ip::address_v6::loopback();
  return asio::ip::address_v4::loopback();
}

}  // namespace

struct TlsServer::Impl {
  Impl(const TlsServerOptions& options, Script play) : script(std::move(play)), acceptor(context, {loopback(options.ipv6), options.port}) {
    tls.use_certificate_chain(asio::buffer(options.identity.certificate));
    tls.use_private_key(asio::buffer(options.identity.key), asio::ssl::context::pem);
    if (!options.client_authority.empty()) {
      tls.add_certificate_authority(asio::buffer(options.client_authority));
      tls.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    }
    if (options.old_tls) {
      SSL_CTX_set_security_level(tls.native_handle(), 0);
      SSL_CTX_set_max_proto_version(tls.native_handle(), TLS1_1_VERSION);
    }
    thread = std::thread([this] { accept(); });
  }

  void accept() {
    for (;;) {
      tcp::socket socket(context);
      error_code error;
      acceptor.accept(socket, error);
      const std::lock_guard lock(mutex);
      if (error || stopped) return;
      socket.set_option(tcp::no_delay(true));
      Peer::Impl& peer = peers.emplace_back(std::move(socket), tls, ++connections);
      peer.thread = std::thread([this, &peer] { play(peer); });
    }
  }

  void play(Peer::Impl& impl) {
    error_code error;
    impl.stream.handshake(asio::ssl::stream_base::server, error);
    if (!error) {
      ++handshakes;
      Peer peer(impl);
      script(peer);
    }
    const std::lock_guard lock(mutex);  // the server's end may be closing the same socket
    ::shutdown(impl.stream.lowest_layer().native_handle(), SHUT_RDWR);
  }

  void stop() {
    {
      const std::lock_guard lock(mutex);
      stopped = true;
      ::shutdown(acceptor.native_handle(), SHUT_RDWR);
      for (auto& peer : peers) ::shutdown(peer.stream.lowest_layer().native_handle(), SHUT_RDWR);
    }
    thread.join();
    for (auto& peer : peers) peer.thread.join();
  }

  Script script;
  asio::io_context context{};
  asio::ssl::context tls{asio::ssl::context::tls_server};
  tcp::acceptor acceptor;
  std::mutex mutex{};
  std::list<Peer::Impl> peers{};
  std::atomic<int> connections{0}, handshakes{0};
  bool stopped = false;
  std::thread thread{};
};

TlsServer::TlsServer(TlsServerOptions options, Script script) : impl_(std::make_unique<Impl>(options, std::move(script))) {}
TlsServer::~TlsServer() { impl_->stop(); }
std::uint16_t TlsServer::port() const { return impl_->acceptor.local_endpoint().port(); }
std::string TlsServer::url() const {
  const bool ipv6 = impl_->acceptor.local_endpoint().address().is_v6();
  return std::string("https://") + (ipv6 ? "[::1]" : "127.0.0.1") + ":" + std::to_string(port());
}
int TlsServer::connections() const { return impl_->connections; }
int TlsServer::handshakes() const { return impl_->handshakes; }

}  // namespace millrace::support
