// Courier: calls and streams that nobody waits for: what comes of them is told. Implementations: BeastCourier (all on one thread),
// ThreadsCourier (a Transport that blocks, by a thread for each).
// Thread contract: any function from any thread. None blocks but stop(), and none tells anything before it has returned. What belongs to
// one call or stream is told one after another; each of them ends once, also when its stop token is requested (Cancelled).
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "kube/client/transport.h"

namespace millrace::kube {

class Courier {
 public:
  // Asked when the call's turn has come; what it says then is sent at once. Nothing: it is too late, and the call is Cancelled.
  using Compose = std::function<std::optional<Request>()>;
  using Answered = std::function<void(core::Result<Response>)>;
  using Ended = std::function<void(core::Result<void>)>;
  virtual ~Courier() = default;

  // Answers and errors are those of Transport.
  virtual void send(Compose compose, std::stop_token stop, Answered answered) = 0;
  virtual void stream(Request request, core::Duration idle, std::stop_token stop, LineSink sink, Ended ended) = 0;
  virtual void stop() = 0;  // blocks until what is being told is told; afterwards nothing is told any more
};

}  // namespace millrace::kube
