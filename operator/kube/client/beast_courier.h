// BeastCourier: the Courier over the room http. Connections are kept; those of streams are their own. No POST reaches the server twice.
// All that is told is told on its one thread, and nothing is read from any connection meanwhile: who is told must not dawdle.
// A kubeconfig's plug-in runs on that thread too.
#pragma once

#include <memory>

#include "kube/client/courier.h"
#include "kube/client/identity.h"
#include "kube/client/token_source.h"
#include "telemetry/meters.h"

namespace millrace::kube {

struct Office;  // what all calls share

class BeastCourier final : public Courier {
 public:
  BeastCourier(const Identity& identity, std::shared_ptr<TokenSource> tokens, telemetry::Meters& meters);
  ~BeastCourier() override;

  void send(Compose compose, std::stop_token stop, Answered answered) override;
  void stream(Request request, core::Duration idle, std::stop_token stop, LineSink sink, Ended ended) override;
  void stop() override;

 private:
  std::unique_ptr<Office> office_;
};

}  // namespace millrace::kube
