// Server: a small HTTP/1.1 server for pages of ours. Bounds: GET and HEAD alone, headers of 8 KiB, no bodies, 64 connections,
// 10 s for a request's head, 90 s between requests. A page that throws is a 500; the server goes on.
// Thread contract: pages are called on the server's one thread and must not block; start and destroy from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/result.h"

namespace millrace::endpoints {

struct Page {
  int status = 200;
  std::string body{};
  std::string content_type = "text/plain; charset=utf-8";
};
inline constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

using Pages = std::map<std::string, std::function<Page()>>;  // by path, "/metrics"

struct ServerOptions {
  std::string address{};      // "": all addresses, IPv6 and IPv4
  std::uint16_t port = 8080;  // 0: any free one, see Server::port
  int connections = 64;
};

class Server {
 public:
  // Listens before it returns. Error Invalid: the address is not one, or is taken.
  static core::Result<std::unique_ptr<Server>> start(const ServerOptions& options, Pages pages);
  ~Server();  // closes all connections and joins the thread
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  std::uint16_t port() const;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::endpoints
