#include "inference_service/routers/gateway_api/hostnames.h"

#include <gtest/gtest.h>

#include "inference_service/routers/gateway_api/http_route.h"
#include "unit/inference_service/world.h"

namespace millrace::inference_service {
namespace {

Gateway claiming(std::string host) { return {.parent_refs = {{.name = "gw", .ns = "infra"}}, .hostnames = {std::move(host)}}; }

// Another service, a second older or younger, that claims "churn.example.org" on the same Gateway.
void add_neighbour(World& w, std::string name, core::Duration age, Gateway gateway = claiming("churn.example.org")) {
  auto other = std::make_shared<InferenceService>();
  other->meta = {.name = std::move(name), .ns = "default", .uid = "u-other", .created = w.seen.service.meta.created};
  other->meta.created -= std::chrono::duration_cast<seconds>(age);
  other->spec.route = {.provider = Provider::GatewayAPI, .gateway = std::move(gateway)};
  w.seen.neighbours = {other};
}

World claimed(std::string host) {
  World w = serving_by_gateway();
  w.seen.service.spec.route.gateway = claiming(std::move(host));
  w.settle();
  return w;
}

std::string accepted(const World& w) { return kube::find(w.status().conditions, "Accepted")->reason; }

TEST(Hostnames, TheOlderServiceHasThem) {
  World w = claimed("churn.example.org");
  add_neighbour(w, "other", seconds(-1));
  w.settle();
  EXPECT_EQ(accepted(w), "Valid");
  add_neighbour(w, "other", seconds(1));
  w.settle();
  EXPECT_EQ(accepted(w), "HostnameTaken");
  EXPECT_EQ(kube::find(w.status().conditions, "Accepted")->message,
            "spec.route.gateway.hostnames: churn.example.org on Gateway infra/gw is InferenceService other's, which is older, with the "
            "same matches; allowed: another host name or match");
  EXPECT_EQ(w.route(), "absent") << "it takes no requests";
  EXPECT_EQ(w.entry(), w.revision_of("churn-v1")) << "clients inside the cluster are answered";
  w.seen.neighbours.clear();
  w.settle();
  EXPECT_EQ(accepted(w), "Valid");
  EXPECT_EQ(w.route(), "churn-v1=100");
}

TEST(Hostnames, OfTwoOfTheSameAgeTheFirstByNameHasThem) {
  World w = claimed("churn.example.org");
  add_neighbour(w, "aaa", seconds(0));
  EXPECT_NE(taken_hostname(w.seen), "");
  add_neighbour(w, "zzz", seconds(0));
  EXPECT_EQ(taken_hostname(w.seen), "");
}

TEST(Hostnames, AnEditThatClaimsAnothersLeavesTheRouteAsItWas) {
  World w = claimed("own.example.org");
  add_neighbour(w, "other", seconds(1));
  w.settle();
  EXPECT_EQ(accepted(w), "Valid");
  w.seen.service.spec.route.gateway = claiming("churn.example.org");
  w.settle();
  EXPECT_EQ(accepted(w), "HostnameTaken");
  ASSERT_EQ(w.route(), "churn-v1=100");
  EXPECT_EQ(route_facts(w.seen).parts->gateway.hostnames, std::vector<std::string>{"own.example.org"});
}

TEST(Hostnames, OtherListenersMatchesAndGatewaysAreNoConflict) {
  World w = claimed("churn.example.org");
  Gateway other = claiming("churn.example.org");
  other.matches = {{R"({"path":{"type":"PathPrefix","value":"/other"}})"}};
  add_neighbour(w, "other", seconds(1), other);
  EXPECT_EQ(taken_hostname(w.seen), "");
  other = claiming("churn.example.org");
  other.parent_refs[0].name = "gw2";
  add_neighbour(w, "other", seconds(1), other);
  EXPECT_EQ(taken_hostname(w.seen), "");
  other = claiming("churn.example.org");
  other.parent_refs[0].section_name = "web";
  add_neighbour(w, "other", seconds(1), other);
  EXPECT_NE(taken_hostname(w.seen), "") << "ours is on every listener";
  w.seen.service.spec.route.gateway->parent_refs[0].section_name = "tls";
  EXPECT_EQ(taken_hostname(w.seen), "");
}

}  // namespace
}  // namespace millrace::inference_service
