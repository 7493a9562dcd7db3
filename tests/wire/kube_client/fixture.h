// What the wire tests share: an authority, a server with a script, a transport that trusts the authority; by each of the two backends.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>

#include "kube/client/rest_transport.h"
#include "support/wire/certificates.h"
#include "support/wire/tls_server.h"

namespace millrace::kube {

using support::Authority;
using support::Peer;
using support::TlsServer;
using Clock = std::chrono::steady_clock;

inline const Authority& cluster_authority() {
  static const Authority authority("cluster");
  return authority;
}

inline std::unique_ptr<TlsServer> serve(TlsServer::Script script, support::TlsServerOptions options = {}) {
  if (options.identity.key.empty()) options.identity = cluster_authority().issue();
  return std::make_unique<TlsServer>(std::move(options), std::move(script));
}

using ByBackend = testing::TestWithParam<Backend>;

inline auto both_backends() { return testing::Values(Backend::Beast, Backend::Cpprest); }
inline std::string backend_name(const testing::TestParamInfo<Backend>& info) { return info.param == Backend::Beast ? "Beast" : "Cpprest"; }

struct Client {
  explicit Client(const TlsServer& server)
      : Client(Identity{.server = server.url(), .ca = {.data = cluster_authority().pem()}, .token = "secret"}) {}
  explicit Client(const Identity& identity) : transport(identity, tokens_of(identity), meters, ByBackend::GetParam()) {}

  core::Result<Response> get(const std::string& path = "/x", core::Duration deadline = std::chrono::seconds(20)) {
    return transport.send({.path = path, .deadline = deadline}, {});
  }
  core::Result<void> watch(const LineSink& sink, core::Duration idle = std::chrono::seconds(20), std::stop_token stop = {}) {
    return transport.stream({.path = "/watch", .deadline = std::chrono::seconds(20)}, idle, stop, sink);
  }

  telemetry::Meters meters{};
  RestTransport transport;
};

inline bool ignore(std::string_view) { return true; }

inline core::ErrorCode code_of(const core::Result<Response>& r) { return r ? core::ErrorCode::Invalid : r.error().code; }
inline std::string message_of(const core::Result<Response>& r) { return r ? "answered " + std::to_string(r->status) : r.error().message; }

inline double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

}  // namespace millrace::kube
