// The HTTPRoute of a service: owned whole, one rule, one backend Service per revision (D29). Its rules are atomic lists, so that a weight
// cannot be owned alone. What each Gateway says of it is read at the route's present generation only.
// Source: Gateway API v1 (HTTPRoute, RouteStatus). Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "inference_service/facts.h"
#include "plan/plan.h"

namespace millrace::inference_service {

inline constexpr std::string_view kNotInstalled = "GatewayAPINotInstalled";
inline constexpr std::string_view kPartsAnnotation = "millrace.dev/gateway";

struct Split {  // who gets which share of the requests; weights add up to 100
  struct Backend {
    std::string revision{};
    std::int64_t weight = 0;
    bool operator==(const Backend&) const = default;
  };
  std::vector<Backend> backends{};
  std::string mirror{};       // the revision that gets copies; "": none
  std::int64_t mirrored = 0;  // percent of the requests
  bool operator==(const Split&) const = default;
};

// Not the entry's: another serviceName moves nobody who comes by a Gateway.
std::string route_name(const InferenceService& service);
plan::Child http_route(const InferenceService& service, const Parts& parts, const Split& split);
plan::Child backend_service(const InferenceService& service, const std::string& revision);

RouteFacts route_facts(const Observed& seen);

}  // namespace millrace::inference_service
