// Call: a request as the API server understands it. Errors: a Response with a Status body.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "kube/client/transport.h"
#include "support/api_server/kinds.h"

namespace millrace::sim {

using Query = std::map<std::string, std::string, std::less<>>;
Query query_of(std::string_view path_and_query);  // decoded

struct Call {
  std::string method{};
  const KindRules* kind = nullptr;
  std::string ns{}, name{}, subresource{};
  Query query{};
  std::string content_type{}, body{};

  std::string option(std::string_view key) const;  // "" when absent
  bool flag(std::string_view key) const { return option(key) == "true" || option(key) == "1"; }
  bool watch() const { return flag("watch"); }
  std::string verb() const;  // get, list, watch, create, update, patch, delete: as RBAC names them
};

std::variant<Call, kube::Response> parse_call(const kube::Request& request);

// (group, resource or resource/subresource, verb), as a role grants it; nullopt for paths that are no resource.
struct Access {
  std::string group{}, resource{}, verb{};
  auto operator<=>(const Access&) const = default;
};
std::optional<Access> access_of(const kube::Request& request);

}  // namespace millrace::sim
