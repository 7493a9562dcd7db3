// Settings: what the operator's command line says and planners need to render children. One value for the whole process.
#pragma once

#include <cstdint>
#include <string>

namespace millrace::shared {

struct Settings {
  std::string fetcher_image = "docker.io/millrace/fetcher:0.1.0";  // resolve, fetch, verify, publish; holds millrace-step too
  std::string fetcher_pull_policy = "IfNotPresent";
  std::int64_t max_resolvers = 10;  // shared resolver Jobs that run at once in the whole cluster (D12)
  bool operator==(const Settings&) const = default;
};

}  // namespace millrace::shared
