// Source: a metrics source of the administrator, as `--metrics-source` writes it (D32):
//   name=default,url=https://prometheus.monitoring:9090[/prefix][,tenancy=none|label|header][,token-file=…][,ca-file=…]
// A tenant's queries see the tenant's data alone where the server, or a proxy before it, is told whose they are: `label` sends
// &namespace=<ns> (prom-label-proxy), `header` sends X-Scope-OrgID: <ns> (Mimir, Cortex, Loki's gateway).
// Thread contract: plain values, pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace millrace::metrics_source {

enum class Tenancy { None, Label, Header };

struct Source {
  std::string name{};
  bool tls = false;
  std::string host{}, port{};  // IPv6 without brackets
  std::string prefix{};        // path before /api/v1/query; "" or "/x"
  Tenancy tenancy = Tenancy::None;
  std::string token_file{}, ca_file{};  // a bearer token, read for each query; certificates instead of the system's
  bool operator==(const Source&) const = default;
};

// Error Invalid: a sentence that names the option and what is allowed.
core::Result<Source> parse_source(std::string_view option);
// All of them; their names differ.
core::Result<std::vector<Source>> parse_sources(const std::vector<std::string>& options);

std::string authority(const Source& source);  // of the header Host: without the scheme's own port
std::string target(const Source& source, std::string_view path_and_query, std::string_view ns);

}  // namespace millrace::metrics_source
