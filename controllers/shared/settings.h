// Settings: what the operator's command line says and planners need to render children. One value for the whole process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace::shared {

struct Reports {       // where millrace-step tells of progress (D14)
  std::string at{};    // ADDRESS:PORT of the Service
  std::string name{};  // that the certificate bears
  std::string ca{};    // PEM
  bool operator==(const Reports&) const = default;
};

struct MetricsSource {  // one of the administrator's (D32)
  std::string name{};
  bool custom_queries = false;  // specs may bring PromQL of their own: its tenancy, or the administrator, allows it
  bool operator==(const MetricsSource&) const = default;
};

struct Settings {
  std::string fetcher_image = "docker.io/millrace/fetcher:0.1.0";  // resolve, fetch, verify, publish; holds millrace-step too
  std::string fetcher_pull_policy = "IfNotPresent";
  std::int64_t max_resolvers = 10;   // shared resolver Jobs that run at once in the whole cluster (D12)
  std::optional<Reports> reports{};  // none: nobody listens
  std::vector<MetricsSource> metrics_sources{};
  bool operator==(const Settings&) const = default;
};

}  // namespace millrace::shared
