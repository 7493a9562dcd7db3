// Health pages: named checks, 200 when all pass, else 503 with a line per check that names the reason.
// Thread contract: checks are called on the server's thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "endpoints/server.h"

namespace millrace::endpoints {

struct Check {
  std::string name{};
  std::function<std::optional<std::string>()> failure{};  // nullopt: well
};

Page health_page(const std::vector<Check>& checks);

}  // namespace millrace::endpoints
