// Facts of the Gateway API, only what planners read: HTTPRoute. Its CRDs are an add-on of the cluster: they may be absent, appear and
// vanish. Of Gateways and GatewayClasses only the names are here: they are looked up, never watched.
// Source: sigs.k8s.io/gateway-api apis/v1, v1.4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kube/model/condition.h"
#include "kube/model/meta.h"

namespace millrace::kube {

namespace resources {
inline constexpr Resource kHttpRoute{"gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes"};
inline constexpr Resource kGateway{"gateway.networking.k8s.io", "v1", "Gateway", "gateways"};
inline constexpr Resource kGatewayClass{"gateway.networking.k8s.io", "v1", "GatewayClass", "gatewayclasses", false};
}  // namespace resources

struct BackendRef {
  std::string name{};       // of a Service
  std::int64_t weight = 1;  // its part of the sum of the rule's weights
  static const json::Schema schema;
  bool operator==(const BackendRef&) const = default;
};
struct RequestMirror {
  BackendRef backend{};
  static const json::Schema schema;
  bool operator==(const RequestMirror&) const = default;
};
struct HttpRouteFilter {  // only who gets copies is read
  std::optional<RequestMirror> mirror{};
  static const json::Schema schema;
  bool operator==(const HttpRouteFilter&) const = default;
};
struct HttpRouteRule {
  std::string name{};
  std::vector<HttpRouteFilter> filters{};
  std::vector<BackendRef> backends{};
  static const json::Schema schema;
  bool operator==(const HttpRouteRule&) const = default;
};
struct HttpRouteSpec {
  std::vector<HttpRouteRule> rules{};
  static const json::Schema schema;
  bool operator==(const HttpRouteSpec&) const = default;
};

struct ParentRef {
  std::string ns{};  // "": the route's own
  std::string name{}, section_name{};
  std::int64_t port = 0;  // 0: every listener
  static const json::Schema schema;
  bool operator==(const ParentRef&) const = default;
};
struct RouteParentStatus {  // one per parent and controller
  ParentRef parent{};
  std::string controller_name{};
  Conditions conditions{};  // Accepted, ResolvedRefs; each of its own observedGeneration
  static const json::Schema schema;
  bool operator==(const RouteParentStatus&) const = default;
};
struct HttpRouteStatus {
  std::vector<RouteParentStatus> parents{};
  static const json::Schema schema;
  bool operator==(const HttpRouteStatus&) const = default;
};
struct HttpRoute {
  ObjectMeta meta{};
  HttpRouteSpec spec{};
  HttpRouteStatus status{};
  static constexpr const Resource& kResource = resources::kHttpRoute;
  static const json::Schema schema;
  bool operator==(const HttpRoute&) const = default;
};

}  // namespace millrace::kube
