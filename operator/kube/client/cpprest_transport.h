// CpprestTransport: the API server by cpprestsdk. A POST may reach the server twice (connection.h): create only objects with
// deterministic names. Thread contract: as Transport.
#pragma once

#include <memory>

#include "kube/client/call_meter.h"
#include "kube/client/identity.h"
#include "kube/client/token_source.h"
#include "kube/client/transport.h"

namespace millrace::kube {

class Connection;

class CpprestTransport final : public Transport {
 public:
  CpprestTransport(const Identity& identity, std::shared_ptr<TokenSource> tokens, telemetry::Meters& meters);
  ~CpprestTransport() override;

  core::Result<Response> send(const Request& request, std::stop_token stop) override;
  core::Result<void> stream(const Request& request, core::Duration idle, std::stop_token stop, const LineSink& sink) override;

 private:
  std::unique_ptr<Connection> connection_;
  std::shared_ptr<TokenSource> tokens_;
  CallMeter meter_;
};

}  // namespace millrace::kube
