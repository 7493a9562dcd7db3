// Settings: what the operator's command line says and planners need to render children. One value for the whole process.
#pragma once

#include <string>

namespace millrace::shared {

struct Settings {
  std::string fetcher_image = "docker.io/millrace/fetcher:0.1.0";  // resolve, fetch, verify, publish; holds millrace-step too
  std::string fetcher_pull_policy = "IfNotPresent";
  bool operator==(const Settings&) const = default;
};

}  // namespace millrace::shared
