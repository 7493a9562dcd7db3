// Client: calls to one server over HTTP/1.1, by Boost.Beast. Connections are kept and used again; one that turns out to be closed before
// a byte of the answer came is replaced by a new one, if the request may reach the server twice. Redirects are answers like others.
// A proxy is asked to tunnel (CONNECT). Headers are limited to 64 KiB; bodies are handed on as they come, and no faster than they are
// taken. Thread contract: one thread of its own does all the work; begin() and the functions of a Call from any thread, none of them
// blocks. Source: RFC 9112 (HTTP/1.1), RFC 9110 9.2.2 (what may be repeated).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/time.h"

struct ssl_ctx_st;  // SSL_CTX of OpenSSL

namespace millrace::http {

struct Server {
  std::string host{}, port{};  // a name or an address; IPv6 without brackets
  bool tls = true;
  std::string name{};                      // that the certificate must have; "": host
  std::string proxy_host{}, proxy_port{};  // "": none
};

std::string bracketed(const std::string& host);                           // an IPv6 address as it stands before a port
std::string authority(const std::string& host, const std::string& port);  // of CONNECT and of the header Host (RFC 3986 3.2)

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method = "GET", target{}, body{};
  Headers headers{};
  core::Duration deadline{30'000};  // from now to the last byte, until expect_within() says otherwise
  bool repeatable = true;           // it may reach the server twice
};

struct Head {
  int status = 0;
  Headers headers{};
  std::string header(std::string_view name) const;  // several are joined by ", "; "" when absent
};

enum class Appetite { More, Enough };  // Enough: the call ends, and is Cancelled

// What comes of a call, on the client's thread.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void head(Head head) = 0;
  virtual Appetite bytes(std::string_view some) = 0;
  virtual void ended(std::optional<core::Error> error) = 0;  // once, and last. Errors: Unavailable, Cancelled, those of Secure
};

class Call {
 public:
  virtual ~Call() = default;
  virtual void cancel() = 0;                               // it ends, and its connection with it
  virtual void expect_within(core::Duration silence) = 0;  // from now on the deadline is so long without a byte
};

// Sets trust and certificates of a new connection's context: files are read again each time. An error fails the connection.
using Secure = std::function<core::Result<void>(ssl_ctx_st*)>;

class Client {
 public:
  Client(Server server, Secure secure);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  std::shared_ptr<Call> begin(Request request, std::shared_ptr<Listener> listener);  // on the client's thread it is sent at once
  void later(std::function<void()> what);                                            // on the client's thread
  void stop();  // what goes on is cut off without a word to its listener, what is asked afterwards is not begun

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::http
