#include "kube/model/gateway.h"

namespace millrace::kube {
namespace {

using json::field;
constexpr json::Limits kList{.max_items = 1000};
constexpr std::string_view kMetaDoc = "Metadata of the object.";

constexpr json::Field kBackendRef[] = {
    field<&BackendRef::name>("name", "The Service that answers."),
    field<&BackendRef::weight>("weight", "Its part of the sum of the rule's weights.", {.min = 0, .max = 1'000'000, .fallback = "1"}),
};
constexpr json::Field kMirror[] = {
    field<&RequestMirror::backend>("backendRef", "Who gets copies."),
};
constexpr json::Field kFilter[] = {
    field<&HttpRouteFilter::mirror>("requestMirror", "Copies of requests, whose answers nobody sees."),
};
constexpr json::Field kRule[] = {
    field<&HttpRouteRule::name>("name", "Name of the rule, unique in the route."),
    field<&HttpRouteRule::filters>("filters", "What happens to a request on its way.", kList),
    field<&HttpRouteRule::backends>("backendRefs", "Who answers the requests that match.", kList),
};
constexpr json::Field kRouteSpec[] = {
    field<&HttpRouteSpec::rules>("rules", "What is matched, and who answers.", kList),
};

constexpr json::Field kParentRef[] = {
    field<&ParentRef::ns>("namespace", "Namespace of the Gateway; empty means the route's own."),
    field<&ParentRef::name>("name", "The Gateway."),
    field<&ParentRef::section_name>("sectionName", "One listener of it; empty means all."),
    field<&ParentRef::port>("port", "Listeners at this port; 0 means all.", {.min = 0, .max = 65535}),
};
constexpr json::Field kParentStatus[] = {
    field<&RouteParentStatus::parent>("parentRef", "The Gateway, as the route's spec names it."),
    field<&RouteParentStatus::controller_name>("controllerName", "Who says so."),
    field<&RouteParentStatus::conditions>("conditions", "Accepted, ResolvedRefs.", kList),
};
constexpr json::Field kRouteStatus[] = {
    field<&HttpRouteStatus::parents>("parents", "What each Gateway made of the route.", kList),
};
constexpr json::Field kRoute[] = {
    field<&HttpRoute::meta>("metadata", kMetaDoc),
    field<&HttpRoute::spec>("spec", "Rules of the route."),
    field<&HttpRoute::status>("status", "What the Gateways made of it."),
};

}  // namespace

constinit const json::Schema BackendRef::schema{.doc = "A Service and its weight.", .fields = kBackendRef};
constinit const json::Schema RequestMirror::schema{.doc = "Where copies go.", .fields = kMirror};
constinit const json::Schema HttpRouteFilter::schema{.doc = "One filter of a rule.", .fields = kFilter};
constinit const json::Schema HttpRouteRule::schema{.doc = "One rule of a route.", .fields = kRule};
constinit const json::Schema HttpRouteSpec::schema{.doc = "What a route wants.", .fields = kRouteSpec};
constinit const json::Schema ParentRef::schema{.doc = "A Gateway, or a listener of it.", .fields = kParentRef};
constinit const json::Schema RouteParentStatus::schema{.doc = "What one Gateway made of a route.", .fields = kParentStatus};
constinit const json::Schema HttpRouteStatus::schema{.doc = "What a route has.", .fields = kRouteStatus};
constinit const json::Schema HttpRoute::schema{.doc = "An HTTPRoute.", .fields = kRoute};

}  // namespace millrace::kube
