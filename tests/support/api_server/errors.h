// Answers of the API server: objects, and Status bodies of the shape that apimachinery's errors have.
// Source: k8s.io/apimachinery pkg/api/errors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "kube/client/transport.h"
#include "support/api_server/kinds.h"

namespace millrace::sim {

struct Cause {
  std::string reason{}, message{}, field{};
};

kube::Response answer(int code, const json::Value& body);
json::Value status_body(int code, std::string_view reason, std::string message, json::Value details = {});
kube::Response failure(int code, std::string_view reason, std::string message, json::Value details = {});

kube::Response page_not_found();
kube::Response bad_request(std::string message);
kube::Response unsupported_media(std::string_view content_type);
kube::Response not_found(const KindRules& kind, std::string_view name);
kube::Response already_exists(const KindRules& kind, std::string_view name);
kube::Response conflict(const KindRules& kind, std::string_view name, std::string_view why);
kube::Response apply_conflict(const std::vector<Cause>& causes);
kube::Response invalid(const KindRules& kind, std::string_view name, const std::vector<Cause>& causes);
kube::Response expired(std::string message);

inline constexpr std::string_view kModified = "the object has been modified; please apply your changes to the latest version and try again";

}  // namespace millrace::sim
