// The Gateway API's HTTPRoute, where the cluster has it: defaults, bounds, lists that are one piece, its status.
#include "support/conformance/rows.h"

namespace millrace::conformance {

using json::Array;
using json::Object;
using namespace paths;

namespace {

json::Value route(Array backends, Object rule = {}) {
  rule["backendRefs"] = std::move(backends);
  return Object{{"apiVersion", "gateway.networking.k8s.io/v1"},
                {"kind", "HTTPRoute"},
                {"metadata", Object{{"name", "r"}}},
                {"spec", Object{{"parentRefs", Array{Object{{"name", "public"}}}}, {"rules", Array{std::move(rule)}}}}};
}
Object backend(std::string name, int weight) { return {{"name", std::move(name)}, {"port", 80}, {"weight", weight}}; }
Object without_weight(std::string name) { return {{"name", std::move(name)}, {"port", 80}}; }

Object parent_status() {
  const Object condition{{"type", "Accepted"}, {"status", "True"},        {"reason", "Accepted"},
                         {"message", ""},      {"observedGeneration", 1}, {"lastTransitionTime", "2026-01-01T00:00:00Z"}};
  return {{"parentRef", Object{{"name", "public"}}}, {"controllerName", "example.org/nobody"}, {"conditions", Array{condition}}};
}

}  // namespace

std::vector<Row> rows_of_routes() {
  const std::string r = kRoutes + "/r", rule = "spec/rules/0/", first = rule + "backendRefs/0/";
  std::vector<Row> out{
      {"AnHttpRouteGetsItsDefaults",
       {post(kRoutes, route(Array{without_weight("a")}))
            .has("spec/parentRefs/0/group", "gateway.networking.k8s.io")
            .has("spec/parentRefs/0/kind", "Gateway")
            .has(rule + "matches/0/path/type", "PathPrefix")
            .has(rule + "matches/0/path/value", "/")
            .has(first + "weight", 1)
            .has(first + "group", "")
            .has(first + "kind", "Service")
            .has("metadata/generation", 1)}},
      {"AMatchOfAnHttpRouteGetsItsDefaults",
       {post(kRoutes, route(Array{backend("a", 1)}, {{"matches", Array{Object{{"headers", Array{Object{{"name", "x"}, {"value", "y"}}}}},
                                                                       Object{{"path", Object{{"value", "/v2"}}}}}}}))
            .has(rule + "matches/0/headers/0/type", "Exact")
            .has(rule + "matches/0/path/value", "/")
            .has(rule + "matches/1/path/type", "PathPrefix")}},
      {"ARuleOfAnHttpRouteKeepsItsNameAndTimeouts",
       {post(kRoutes, route(Array{backend("a", 1)}, {{"name", "split"}, {"timeouts", Object{{"request", "10s"}}}}))
            .has(rule + "name", "split")
            .has(rule + "timeouts/request", "10s")}},
      {"AWeightOfAnHttpRouteHasBounds",
       {post(kRoutes, route(Array{backend("a", 1'000'000), backend("b", 0)})),
        merge(r, Object{{"spec", Object{{"rules", Array{Object{{"backendRefs", Array{backend("a", 1'000'001)}}}}}}}}).gives(422),
        merge(r, Object{{"spec", Object{{"rules", Array{Object{{"backendRefs", Array{backend("a", -1)}}}}}}}}).gives(422)}},
      {"AnHttpRouteHasAtMostSixteenBackendsPerRule", {post(kRoutes, route(Array(17, backend("a", 1)))).gives(422)}},
      {"TheRulesOfAnHttpRouteAreOnePiece",
       {apply_to(r, route(Array{backend("a", 80), backend("b", 20)})).gives(201),
        apply_to(r, route(Array{backend("a", 80)}), "another").gives(409).contains("message", ".spec.rules"),
        apply_to(r, route(Array{backend("a", 50), backend("b", 50)})).has(first + "weight", 50).has("metadata/generation", 2),
        apply_to(r, route(Array{backend("b", 100)})).has(first + "name", "b").lacks(rule + "backendRefs/1")}},
      {"TheStatusOfAnHttpRouteIsApart",
       {post(kRoutes, route(Array{backend("a", 1)})).lacks("status/parents/0/conditions"),
        merge(r + "/status", Object{{"status", Object{{"parents", Array{parent_status()}}}}})
            .has("status/parents/0/conditions/0/type", "Accepted")
            .has("metadata/generation", 1),
        merge(r, Object{{"status", Object{{"parents", Array{}}}}, {"spec", Object{{"hostnames", Array{"a.example.org"}}}}})
            .has("status/parents/0/controllerName", "example.org/nobody")
            .has("metadata/generation", 2)}},
  };
  for (Row& row : out) row.needs = "/apis/gateway.networking.k8s.io/v1/httproutes";
  out.push_back({"AnApiThatIsNotInstalledIsNotFound",
                 {get("/apis/absent.example.org/v1/things").gives(404), get("/apis/absent.example.org/v1/things?watch=true").gives(404)}});
  return out;
}

}  // namespace millrace::conformance
