#include "step/post.h"

#include <arpa/inet.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>

namespace millrace::step {
namespace {

constexpr long kMilliseconds = 5000;
constexpr std::string_view kScheme = "https://";

long now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<long>(t.tv_sec) * 1000 + t.tv_nsec / 1'000'000;
}

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;  // 0: none
};

Address parse(std::string_view at) {
  const std::size_t colon = at.rfind(':');
  Address out;
  if (colon == std::string_view::npos) return out;
  std::string_view host = at.substr(0, colon);
  const bool six = host.starts_with('[') && host.ends_with(']');
  if (six) host = host.substr(1, host.size() - 2);
  const Text<64> address(host);
  const int port = std::atoi(Text<8>(at.substr(colon + 1)).c_str());
  if (address.cut() || port <= 0 || port > 65535) return out;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out.bytes);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.bytes);
  if (six && inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<std::uint16_t>(port));
    out.size = sizeof(sockaddr_in6);
  } else if (!six && inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<std::uint16_t>(port));
    out.size = sizeof(sockaddr_in);
  }
  return out;
}

/// A socket that is given up at an instant, whatever it waits for.
class Socket {
 public:
  explicit Socket(const Address& to) : fd_(socket(to.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    if (fd_ < 0) return;
    const int begun = connect(fd_, reinterpret_cast<const sockaddr*>(&to.bytes), to.size);
    int error = begun == 0 ? 0 : errno;
    socklen_t size = sizeof error;
    if (error == EINPROGRESS && (!wait(POLLOUT) || getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0)) error = ETIMEDOUT;
    is_open_ = error == 0;
  }
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  bool is_open() const { return is_open_; }

  static int write(void* self, const unsigned char* bytes, std::size_t size) {
    auto* s = static_cast<Socket*>(self);
    if (!s->wait(POLLOUT)) return MBEDTLS_ERR_SSL_TIMEOUT;
    return s->told(send(s->fd_, bytes, size, MSG_NOSIGNAL), MBEDTLS_ERR_SSL_WANT_WRITE);
  }
  static int read(void* self, unsigned char* bytes, std::size_t size) {
    auto* s = static_cast<Socket*>(self);
    if (!s->wait(POLLIN)) return MBEDTLS_ERR_SSL_TIMEOUT;
    return s->told(recv(s->fd_, bytes, size, 0), MBEDTLS_ERR_SSL_WANT_READ);
  }

 private:
  bool wait(short what) const {
    pollfd one{.fd = fd_, .events = what, .revents = 0};
    while (true) {
      const long left = until_ - now();
      if (left <= 0) return false;
      const int ready = poll(&one, 1, static_cast<int>(left));
      if (ready > 0) return true;
      if (ready == 0 || errno != EINTR) return false;
    }
  }
  static int told(ssize_t result, int again) {
    if (result >= 0) return static_cast<int>(result);
    return errno == EAGAIN || errno == EINTR ? again : MBEDTLS_ERR_SSL_CONN_EOF;
  }

  int fd_;
  bool is_open_ = false;
  long until_ = now() + kMilliseconds;
};

bool is_again(int code) { return code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE; }

class Tls {
 public:
  Tls() {
    mbedtls_entropy_init(&entropy_);
    mbedtls_ctr_drbg_init(&random_);
    mbedtls_x509_crt_init(&trusted_);
    mbedtls_ssl_config_init(&config_);
    mbedtls_ssl_init(&session_);
  }
  ~Tls() {
    mbedtls_ssl_free(&session_);
    mbedtls_ssl_config_free(&config_);
    mbedtls_x509_crt_free(&trusted_);
    mbedtls_ctr_drbg_free(&random_);
    mbedtls_entropy_free(&entropy_);
  }
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  // nullptr, or what went wrong.
  const char* open(Socket& socket, const char* name, const char* ca) {
    const auto* pem = reinterpret_cast<const unsigned char*>(ca);
    if (mbedtls_x509_crt_parse(&trusted_, pem, std::string_view(ca).size() + 1) != 0) return "the certificate to trust makes no sense";
    if (mbedtls_ctr_drbg_seed(&random_, mbedtls_entropy_func, &entropy_, nullptr, 0) != 0) return "there are no random numbers";
    if (mbedtls_ssl_config_defaults(&config_, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) != 0)
      return "TLS cannot be set up";
    mbedtls_ssl_conf_min_version(&config_, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);  // TLS 1.2
    mbedtls_ssl_conf_authmode(&config_, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(&config_, &trusted_, nullptr);
    mbedtls_ssl_conf_rng(&config_, mbedtls_ctr_drbg_random, &random_);
    if (mbedtls_ssl_setup(&session_, &config_) != 0 || mbedtls_ssl_set_hostname(&session_, name) != 0) return "TLS cannot be set up";
    mbedtls_ssl_set_bio(&session_, &socket, Socket::write, Socket::read, nullptr);
    int code = 0;
    while (is_again(code = mbedtls_ssl_handshake(&session_))) {
    }
    if (code == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) return "its certificate is not the operator's";
    return code == 0 ? nullptr : "TLS was refused or took too long";
  }

  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const int wrote = mbedtls_ssl_write(&session_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
      if (is_again(wrote)) continue;
      if (wrote <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return true;
  }

  // What comes until the other side closes, as far as there is room.
  Text<2048> read() {
    Text<2048> out;
    std::array<unsigned char, 512> piece{};
    while (out.room() > 0) {
      const int got = mbedtls_ssl_read(&session_, piece.data(), piece.size());
      if (is_again(got)) continue;
      if (got <= 0) break;
      out << std::string_view(reinterpret_cast<const char*>(piece.data()), static_cast<std::size_t>(got));
    }
    return out;
  }

 private:
  mbedtls_entropy_context entropy_{};
  mbedtls_ctr_drbg_context random_{};
  mbedtls_x509_crt trusted_{};
  mbedtls_ssl_config config_{};
  mbedtls_ssl_context session_{};
};

// Only what may stand in a line on a screen.
Text<200> first_line(std::string_view text) {
  Text<200> out;
  for (const char c : text.substr(0, text.find('\n'))) out << std::string_view(c >= ' ' && c <= '~' ? &c : "?", 1);
  return out;
}

Answer read_answer(std::string_view bytes) {
  Answer out;
  if (!bytes.starts_with("HTTP/1.") || bytes.size() < 12) return {.status = 0, .said = Text<200>("it does not speak HTTP")};
  out.status = std::atoi(Text<3>(bytes.substr(9, 3)).c_str());
  const std::size_t body = bytes.find("\r\n\r\n");
  if (body != std::string_view::npos) out.said = first_line(bytes.substr(body + 4));
  return out;
}

}  // namespace

bool is_endpoint(std::string_view url, std::string_view at) {
  if (!url.starts_with(kScheme) || url.find_first_of(" \r\n") != std::string_view::npos) return false;
  const std::string_view rest = url.substr(kScheme.size());
  const std::size_t slash = rest.find('/');
  return slash != std::string_view::npos && slash > 0 && slash < 254 && parse(at).size != 0;
}

Answer post(const Endpoint& to, std::string_view token, std::string_view body) {
  const std::string_view rest = to.url.substr(kScheme.size());
  const std::size_t slash = rest.find('/');
  const Text<253> name(rest.substr(0, slash));
  Socket socket(parse(to.at));
  if (!socket.is_open()) return {.status = 0, .said = Text<200>("it does not answer")};
  Tls tls;
  if (const char* why = tls.open(socket, name.c_str(), to.ca)) return {.status = 0, .said = Text<200>(why)};
  Text<16384> request("POST ");
  request << rest.substr(slash) << " HTTP/1.1\r\nHost: " << name.view() << "\r\nAuthorization: Bearer " << token
          << "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " << static_cast<long>(body.size()) << "\r\n\r\n"
          << body;
  if (request.cut() || !tls.write(request.view())) return {.status = 0, .said = Text<200>("the request was not taken")};
  return read_answer(tls.read().view());
}

}  // namespace millrace::step
