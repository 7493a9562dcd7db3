// A loopback TLS server that plays a script per connection, byte by byte where a test wants it so. One thread per connection.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "support/wire/certificates.h"

namespace millrace::support {

struct SeenRequest {
  std::string method{}, target{}, body{};
  std::map<std::string, std::string> headers{};
};

class Peer {  // the server's side of one connection
 public:
  struct Impl;
  explicit Peer(Impl& impl) : impl_(impl) {}
  int number() const;                    // connections are counted from 1
  std::optional<SeenRequest> read();     // nullopt: the client has gone
  bool write(const std::string& bytes);  // false: the client has gone
  bool answer(int status, const std::string& body, const std::string& headers = {});
  bool start_stream();  // head of a chunked answer
  bool chunk(const std::string& bytes);
  bool end_stream();
  void wait_until_gone();  // returns when the client has closed or the server stops

 private:
  Impl& impl_;
};

struct TlsServerOptions {
  PemPair identity{};
  std::string client_authority{};  // PEM; "" asks for no client certificate
  bool old_tls = false;            // TLS 1.1 at most
  std::uint16_t port = 0;
  bool ipv6 = false;  // listens on [::1]
};

class TlsServer {
 public:
  using Script = std::function<void(Peer&)>;  // the connection is closed when it returns
  TlsServer(TlsServerOptions options, Script script);
  ~TlsServer();
  std::uint16_t port() const;
  std::string url() const;  // https://127.0.0.1:port, or of [::1]
  int connections() const;  // accepted so far
  int handshakes() const;   // completed so far

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::support
