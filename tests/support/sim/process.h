// Process: one life of the operator: its engine, and what its driver holds for it. It can be set aside, as a stopped process is, and die.
// Thread contract: plain value.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "support/api_server/api_server.h"

namespace millrace::sim {

struct Process {
  struct Silence {  // of one watch
    core::Ticks until{};
    bool forgets = false;  // then the server has forgotten what happened meanwhile
  };

  std::string identity{};  // in the lease
  engine::Engine engine{};
  std::optional<core::Ticks> wake{};
  std::deque<engine::Call> calls{};
  std::deque<engine::Stream> opening{};
  std::map<std::size_t, ApiServer::WatchId> watches{};
  std::vector<std::size_t> ended{};
  std::map<std::size_t, Silence> silent{};
  std::multimap<core::Ticks, engine::CallFinished> late{};  // answers of metrics sources on their way
  std::multimap<core::Ticks, engine::Call> hung{};          // done when their deadline is over, and nobody hears of it
  bool lost = false;                                        // the lease: it ends
};

}  // namespace millrace::sim
