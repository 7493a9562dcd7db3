// `millrace run`: identity, caches, election, reconciliation, endpoints; until SIGTERM or SIGINT.
// Exit codes: 0 stopped cleanly, 1 could not start or was told twice, 2 the lease was lost (the pod restarts).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace millrace::app {

struct RunOptions {
  std::string kubeconfig{}, context{}, ns{};
  std::string fetcher_image = "docker.io/millrace/fetcher:" MILLRACE_VERSION;
  std::int64_t max_resolvers = 10;
  std::string lease_ns{};
  bool leader_elect = true;
  std::string bind = "[::]:8081";
  std::string reports{}, reports_bind = ":8443";  // name of the Service without selector; "": nobody listens
  std::vector<std::string> metrics_sources{};     // metrics_source/source.h says how they are written
  bool allow_custom_queries = false;
  std::string transport = "beast";  // or cpprest
  int workers = 8;
  std::string log_level = "info", log_format = "logfmt";
};

inline constexpr const char* kLease = "millrace";  // name of the Lease that the one who writes holds

int run(const RunOptions& options);

}  // namespace millrace::app
