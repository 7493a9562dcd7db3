// RestTransport: the real Transport, HTTP/1.1 over TLS to one API server. Make one each for calls, watches and the lease: they share
// identity and token but no connection, so a slow list never delays a renewal.
// Thread contract: as Transport. Trusted: the identity's authorities alone. Redirects are not followed. With backend Beast, the default, no
// POST reaches the server twice; with cpprestsdk one may (connection.h): create only objects with deterministic names.
#pragma once

#include <memory>
#include <string>

#include "kube/client/identity.h"
#include "kube/client/token_source.h"
#include "kube/client/transport.h"
#include "telemetry/meters.h"

namespace millrace::kube {

class Connection;

enum class Backend { Beast, Cpprest };

class RestTransport final : public Transport {
 public:
  RestTransport(const Identity& identity, std::shared_ptr<TokenSource> tokens, telemetry::Meters& meters, Backend backend = Backend::Beast);
  ~RestTransport() override;

  core::Result<Response> send(const Request& request, std::stop_token stop) override;
  core::Result<void> stream(const Request& request, core::Duration idle, std::stop_token stop, const LineSink& sink) override;

 private:
  class Count;
  std::unique_ptr<Connection> connection_;
  std::shared_ptr<TokenSource> tokens_;
  telemetry::Meters& meters_;
  std::string host_;
};

// The token source of an identity; share it between its transports.
std::shared_ptr<TokenSource> tokens_of(const Identity& identity);

}  // namespace millrace::kube
