// The ways to one API server, HTTP/1.1 over TLS. Trusted: the identity's authorities alone. Redirects are not followed. With backend Beast,
// the default, no POST reaches the server twice; with cpprestsdk one may: create only objects with deterministic names.
#pragma once

#include <memory>

#include "kube/client/courier.h"
#include "kube/client/identity.h"
#include "kube/client/token_source.h"
#include "kube/client/transport.h"
#include "telemetry/meters.h"

namespace millrace::kube {

enum class Backend { Beast, Cpprest };

// The token source of an identity; share it between all that is made for it.
std::shared_ptr<TokenSource> tokens_of(const Identity& identity);

// For who waits. Thread contract: as Transport; by Beast a sink is called on another thread, while the caller waits.
class RestTransport final : public Transport {
 public:
  RestTransport(const Identity& identity, std::shared_ptr<TokenSource> tokens, telemetry::Meters& meters, Backend backend = Backend::Beast);
  ~RestTransport() override;

  core::Result<Response> send(const Request& request, std::stop_token stop) override;
  core::Result<void> stream(const Request& request, core::Duration idle, std::stop_token stop, const LineSink& sink) override;

 private:
  std::unique_ptr<Courier> courier_;      // by Beast
  std::unique_ptr<Transport> transport_;  // by cpprestsdk
};

// For who does not. Make one for the lease alone: a long list never delays a renewal. `calls` at once, where each takes a thread.
std::unique_ptr<Courier> courier_of(const Identity& identity, std::shared_ptr<TokenSource> tokens, telemetry::Meters& meters,
                                    Backend backend, std::size_t calls);

}  // namespace millrace::kube
