#include "kube/model/gateway.h"

#include <gtest/gtest.h>

#include "json/codec.h"

namespace millrace::kube {
namespace {

TEST(HttpRoute, IsReadAsAGatewayWritesIt) {
  const auto route = json::decode<HttpRoute>(R"({"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute",
      "metadata":{"name":"churn","namespace":"ml","generation":4},
      "spec":{"parentRefs":[{"name":"public","namespace":"infra"}],"hostnames":["churn.example.org"],
        "rules":[{"name":"split","backendRefs":[{"name":"churn-1","port":80,"weight":80},{"name":"churn-2","port":80}]}]},
      "status":{"parents":[{"controllerName":"traefik.io/gateway-controller",
        "parentRef":{"group":"gateway.networking.k8s.io","kind":"Gateway","name":"public","namespace":"infra","sectionName":"web","port":80},
        "conditions":[{"type":"ResolvedRefs","status":"False","reason":"BackendNotFound","message":"no churn-2","observedGeneration":4,
          "lastTransitionTime":"2026-01-01T00:00:00Z"}]}]}})");
  ASSERT_TRUE(route) << route.error().message;
  EXPECT_EQ(route->meta.generation, 4);
  ASSERT_EQ(route->spec.rules.size(), 1U);
  EXPECT_EQ(route->spec.rules[0].backends, (std::vector<BackendRef>{{"churn-1", 80}, {"churn-2", 1}}));
  ASSERT_EQ(route->status.parents.size(), 1U);
  EXPECT_EQ(route->status.parents[0].parent, (ParentRef{"infra", "public", "web", 80}));
  EXPECT_EQ(route->status.parents[0].controller_name, "traefik.io/gateway-controller");
  const Condition* refs = find(route->status.parents[0].conditions, "ResolvedRefs");
  ASSERT_NE(refs, nullptr);
  EXPECT_EQ(refs->observed_generation, 4);
  EXPECT_EQ(collection_path(resources::kGatewayClass, ""), "/apis/gateway.networking.k8s.io/v1/gatewayclasses");
}

}  // namespace
}  // namespace millrace::kube
