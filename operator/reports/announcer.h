// Announcer: once this process leads, it says where reports go, and says so again every five minutes, should somebody have removed it.
// Thread contract: one thread of its own from construction to destruction; `leads` and `say` are called on it.
#pragma once

#include <functional>
#include <thread>

#include "core/result.h"

namespace millrace::reports {

class Announcer {
 public:
  Announcer(std::function<bool()> leads, std::function<core::Result<void>()> say);

 private:
  std::jthread thread_;
};

}  // namespace millrace::reports
