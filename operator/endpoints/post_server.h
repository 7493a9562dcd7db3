// PostServer: takes small POSTs over TLS, for what pods tell the operator (D14). Bounds: POST alone, TLS 1.2 or newer, a head of 12 KiB,
// bodies of 2 kB, 64 connections, 10 s from the first byte to the last, one request per connection. What is over a bound is refused
// or closed; the others are served on.
// Thread contract: the handler is called on one thread of the server's own, request after request; it may block for seconds.
// start and destroy from any thread; what is being handled is waited for.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/result.h"
#include "endpoints/certificate.h"
#include "endpoints/server.h"

namespace millrace::endpoints {

inline constexpr std::size_t kMostPosted = 2048;  // bytes

struct Posted {
  std::string target{}, token{}, body{};  // token: of the header Authorization: Bearer; "" when there is none
};

class PostServer {
 public:
  using Handler = std::function<Page(const Posted&)>;

  // Listens before it returns. Error Invalid: the address or the certificate is none, or the address is taken.
  static core::Result<std::unique_ptr<PostServer>> start(const ServerOptions& options, const Certificate& identity, Handler handler);
  ~PostServer();
  PostServer(const PostServer&) = delete;
  PostServer& operator=(const PostServer&) = delete;
  std::uint16_t port() const;

 private:
  struct Impl;
  explicit PostServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::endpoints
