// RestTransport: the real Transport, HTTP/1.1 over TLS to one API server. Make one each for calls, watches and the lease: they share
// identity and token but no connection, so a slow list never delays a renewal.
// The first one made sets SSL_CERT_FILE=/dev/null and the size of cpprestsdk's pool for the process: make it before threads.
// Thread contract: as Transport. Trusted: the identity's authorities alone. Redirects are not followed. After three transport errors
// in a row the client inside is made anew. A POST may reach the server twice (a kept-alive connection that breaks is retried
// below us): create only objects with deterministic names.
#pragma once

#include <memory>
#include <string>

#include "kube/client/identity.h"
#include "kube/client/token_source.h"
#include "kube/client/transport.h"
#include "telemetry/meters.h"

namespace millrace::kube {

class RestConnection;

class RestTransport final : public Transport {
 public:
  RestTransport(const Identity& identity, std::shared_ptr<TokenSource> tokens, telemetry::Meters& meters);
  ~RestTransport() override;

  core::Result<Response> send(const Request& request, std::stop_token stop) override;
  core::Result<void> stream(const Request& request, core::Duration idle, std::stop_token stop, const LineSink& sink) override;

 private:
  class Count;
  std::unique_ptr<RestConnection> connection_;
  std::shared_ptr<TokenSource> tokens_;
  telemetry::Meters& meters_;
  std::string host_;
};

// The token source of an identity; share it between its transports.
std::shared_ptr<TokenSource> tokens_of(const Identity& identity);

}  // namespace millrace::kube
