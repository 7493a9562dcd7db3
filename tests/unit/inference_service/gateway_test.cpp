#include <gtest/gtest.h>

#include "inference_service/routers/gateway_api/http_route.h"
#include "unit/inference_service/world.h"

namespace millrace::inference_service {
namespace {

const std::vector<std::string> kNothing{};

TEST(Gateway, ANewBackendEntersAtZeroAndGetsItsWeightWhenItIsResolved) {
  World w = serving_by_gateway();
  w.seen.service.spec.rollout.steps = {{20, "1m"}, {100}};
  w.add_version(2);
  w.gateway_answers = false;
  w.settle();
  EXPECT_EQ(w.route(), "churn-v1=100 churn-v2=0");
  EXPECT_EQ(w.status().decision.waiting_for, "the route: Gateway infra/gw has not taken the route yet");
  EXPECT_EQ(w.status().phase, "Deploying");
  w.gateway_answers = true;
  w.settle();
  EXPECT_EQ(w.route(), "churn-v1=80 churn-v2=20");
  EXPECT_EQ(w.status().phase, "Canary");
  EXPECT_EQ(w.status().canary->effective_weight, 20);
  EXPECT_EQ(w.entry(), w.revision_of("churn-v1")) << "clients inside the cluster stay with stable";
  EXPECT_EQ(w.wrong, kNothing);
}

TEST(Gateway, TheOldRevisionLeavesTheRouteBeforeItsServiceAndItsPods) {
  World w = serving_by_gateway();
  w.add_version(2);
  w.settle();
  w.advance(minutes(2));
  EXPECT_EQ(w.status().phase, "Baking");
  EXPECT_EQ(w.route(), "churn-v2=100 churn-v1=0") << "it stays listed as long as it is warm";
  EXPECT_EQ(w.entry(), w.revision_of("churn-v2"));
  w.gateway_answers = false;
  w.advance(minutes(2));
  EXPECT_EQ(w.route(), "churn-v2=100");
  EXPECT_EQ(w.count("churn-v1"), 1) << "no Gateway has said that it is out";
  EXPECT_EQ(w.seen.services.size(), 3U);
  w.gateway_answers = true;
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.count("churn-v1"), -1);
  EXPECT_EQ(w.seen.services.size(), 2U) << "the entry and one backend";
  EXPECT_EQ(w.status().result, "Promoted");
  EXPECT_EQ(w.wrong, kNothing);
}

TEST(Gateway, APromotionMovesNoRequestsAndTakesNoWordBack) {
  World w = serving_by_gateway();
  w.seen.service.spec.rollout.steps = {{50, "1m"}, {100, "1m"}};
  w.add_version(2);
  w.settle();
  w.advance(minutes(1));
  ASSERT_EQ(w.route(), "churn-v1=0 churn-v2=100");
  ASSERT_TRUE(kube::is_true(w.status().conditions, "TrafficConverged"));
  w.gateway_answers = false;
  w.advance(minutes(1));
  ASSERT_EQ(w.status().phase, "Baking");
  ASSERT_EQ(w.route(), "churn-v2=100 churn-v1=0");
  EXPECT_FALSE(route_facts(w.seen).current) << "the Gateways have yet to look at it";
  EXPECT_TRUE(kube::is_true(w.status().conditions, "TrafficConverged"));
  EXPECT_EQ(w.wrong, kNothing);
}

TEST(Gateway, AFailedCanaryLosesItsWeightBeforeItsPods) {
  World w = serving_by_gateway();
  w.add_version(2);
  w.settle();
  EXPECT_EQ(w.route(), "churn-v1=50 churn-v2=50");
  w.seen.service.meta.annotations["millrace.dev/intent"] = "abort churn-v2 id=1 at=" + core::to_rfc3339(w.seen.now) + " by=jo";
  w.gateway_answers = false;
  w.settle();
  EXPECT_EQ(w.route(), "churn-v1=100 churn-v2=0");
  EXPECT_EQ(kube::find(w.status().conditions, "TrafficConverged")->reason, "Moving") << "no Gateway has said that it is out";
  w.advance(minutes(2));
  EXPECT_EQ(w.count("churn-v2"), 1);
  EXPECT_EQ(kube::find(w.status().conditions, "TrafficConverged")->reason, "Moving");
  w.gateway_answers = true;
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_TRUE(kube::is_true(w.status().conditions, "TrafficConverged"));
  EXPECT_EQ(w.route(), "churn-v1=100");
  EXPECT_EQ(w.count("churn-v2"), -1);
  EXPECT_EQ(w.wrong, kNothing);
}

TEST(Gateway, ACanaryThatLosesItsLastReadyPodLosesItsWeight) {
  World w = serving_by_gateway();
  w.add_version(2);
  w.settle();
  ASSERT_EQ(w.route(), "churn-v1=50 churn-v2=50");
  w.pods_of["churn-v2"] = Pods::Starting;
  w.settle();
  EXPECT_EQ(w.route(), "churn-v1=100 churn-v2=0");
}

TEST(Gateway, AnOutageOfStableMovesEverybodyToTheCanary) {
  World w = serving_by_gateway();
  w.add_version(2);
  w.settle();
  w.pods_of["churn-v1"] = Pods::Starting;
  w.settle();
  EXPECT_EQ(w.route(), "churn-v1=0 churn-v2=100");
  w.pods_of.clear();
  w.settle();
  EXPECT_EQ(w.route(), "churn-v1=50 churn-v2=50");
}

TEST(Gateway, ARefusalIsQuotedAndDoesNotCondemnTheVersion) {
  World w = serving_by_gateway();
  w.gateway_refuses = "NotAllowedByListeners: no listener allows this namespace";
  w.add_version(2);
  w.settle();
  EXPECT_EQ(w.status().phase, "Degraded");
  EXPECT_EQ(w.status().canary->cause, "Gateway infra/gw refuses the route: NotAllowedByListeners: no listener allows this namespace");
  const auto* traffic = kube::find(w.status().conditions, "TrafficConverged");
  EXPECT_EQ(traffic->status, "False");
  EXPECT_EQ(traffic->reason, "NotAllowedByListeners");
  EXPECT_TRUE(w.status().refused.empty());
  w.gateway_refuses.clear();
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().result, "Promoted");
}

TEST(Gateway, AnOlderWordOfAGatewayDoesNotCount) {
  World w = serving_by_gateway();
  auto route = std::make_shared<kube::HttpRoute>(*w.seen.route);
  ++route->meta.generation;
  w.seen.route = route;
  const RouteFacts facts = route_facts(w.seen);
  EXPECT_FALSE(facts.current);
  EXPECT_FALSE(facts.refused);
  EXPECT_EQ(facts.reason, "Pending");
}

TEST(Gateway, WithoutItsApiTheServiceSaysSoAndServesOn) {
  World w = serving_by_gateway();
  w.seen.gateway_installed = false;
  w.seen.route = nullptr;
  w.add_version(2);
  w.settle();
  const auto* accepted = kube::find(w.status().conditions, "Accepted");
  EXPECT_EQ(accepted->reason, "GatewayAPINotInstalled");
  EXPECT_EQ(w.entry(), w.revision_of("churn-v1"));
  EXPECT_FALSE(w.status().canary);
}

TEST(Gateway, WhoseApiGoesAwayInARolloutHoldsItAndIsWrittenNoMore) {
  World w = serving_by_gateway();
  w.add_version(2);
  w.settle();
  w.seen.gateway_installed = false;
  w.seen.route = nullptr;
  w.advance(minutes(10));
  EXPECT_EQ(w.route(), "absent");
  ASSERT_TRUE(w.status().canary);
  EXPECT_EQ(w.status().canary->step, 0);
  EXPECT_EQ(w.entry(), w.revision_of("churn-v1"));
  EXPECT_EQ(w.status().phase, "Degraded");
  EXPECT_EQ(w.status().canary->cause, "the cluster has no HTTPRoutes (gateway.networking.k8s.io/v1)");
  EXPECT_EQ(kube::find(w.status().conditions, "TrafficConverged")->reason, "GatewayAPINotInstalled");
  EXPECT_EQ(kube::find(w.status().conditions, "Accepted")->reason, "GatewayAPINotInstalled");
  w.seen.gateway_installed = true;
  w.settle();
  EXPECT_EQ(w.route(), "churn-v1=50 churn-v2=50") << "as the step has it";
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().result, "Promoted");
  EXPECT_EQ(w.route(), "churn-v2=100");
}

World without_api_in_a_rollout() {
  World w = serving_by_gateway();
  w.add_version(2);
  w.settle();
  w.seen.gateway_installed = false;
  w.seen.route = nullptr;
  w.settle();
  return w;
}

TEST(Gateway, WithoutItsApiAnAbortEnds) {
  World w = without_api_in_a_rollout();
  w.seen.service.meta.annotations["millrace.dev/intent"] = "abort churn-v2 id=1 at=" + core::to_rfc3339(w.seen.now) + " by=jo";
  for (int i = 0; i < 5; ++i) w.advance(minutes(1));
  EXPECT_EQ(w.count("churn-v2"), -1);
  EXPECT_EQ(w.entry(), w.revision_of("churn-v1"));
  w.seen.gateway_installed = true;
  w.settle();
  EXPECT_EQ(w.route(), "churn-v1=100");
  EXPECT_EQ(w.wrong, kNothing);
}

TEST(Gateway, WithoutItsApiARolloutLeavesWhenItsTimeIsOver) {
  World w = without_api_in_a_rollout();
  for (int i = 0; i < 70; ++i) w.advance(minutes(1));
  EXPECT_FALSE(w.status().canary);
  EXPECT_TRUE(w.status().refused.empty()) << "it is nobody's fault";
  EXPECT_EQ(w.count("churn-v2"), -1);
  EXPECT_EQ(kube::find(w.status().conditions, "Ready")->status, "False");
}

TEST(Gateway, AChangeOfProviderMakesTheNewWayBeforeTheOldOneGoes) {
  World w = serving_v1();
  w.seen.gateway_installed = true;
  w.seen.service.spec.route.provider = Provider::GatewayAPI;
  w.seen.service.spec.route.gateway = Gateway{.parent_refs = {{.name = "gw", .ns = "infra"}}};
  w.seen.service.meta.generation = 2;
  w.settle();
  EXPECT_EQ(w.route(), "churn-v1=100");
  EXPECT_EQ(w.entry(), w.revision_of("churn-v1")) << "the entry never moved";
  w.seen.service.spec.route.provider = Provider::Service;
  w.seen.service.meta.generation = 3;
  w.settle();
  EXPECT_EQ(w.route(), "absent");
  EXPECT_EQ(w.seen.services.size(), 1U);
  EXPECT_EQ(w.entry(), w.revision_of("churn-v1"));
  EXPECT_EQ(w.wrong, kNothing);
}

TEST(Gateway, AnInvalidSpecChangesNoProvider) {
  World w = serving_by_gateway();
  w.seen.service.spec.route.provider = Provider::Service;
  w.seen.service.spec.rollout.steps = {{10, "1m"}, {100}};
  w.seen.service.spec.route.tolerance = 0;
  w.settle();
  EXPECT_EQ(kube::find(w.status().conditions, "Accepted")->reason, "WeightUnreachable");
  EXPECT_EQ(w.route(), "churn-v1=100");
  EXPECT_EQ(w.status().provider, "GatewayAPI");
}

TEST(Gateway, AChangeOfProviderWaitsForTheEndOfARollout) {
  World w = serving_by_gateway();
  w.add_version(2);
  w.settle();
  w.seen.service.spec.route.provider = Provider::Service;
  w.seen.service.meta.generation = 2;
  w.settle();
  EXPECT_EQ(w.route(), "churn-v1=50 churn-v2=50");
  EXPECT_EQ(w.status().provider, "GatewayAPI");
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().provider, "Service");
  EXPECT_EQ(w.route(), "absent");
  EXPECT_EQ(w.status().stable->version, "churn-v2");
  EXPECT_EQ(w.wrong, kNothing);
}

TEST(Gateway, UsersPartsArePassedThroughAndOursAreWhole) {
  InferenceService service;
  service.meta = {.name = "churn", .ns = "default", .uid = "u-1"};
  service.spec.route.gateway = Gateway{.parent_refs = {{.name = "gw", .ns = "infra", .section_name = "web"}},
                                       .hostnames = {"churn.example.org"},
                                       .filters = {{R"({"type":"ExtensionRef","extensionRef":{"group":"g","kind":"K","name":"n"}})"}},
                                       .timeouts = {R"({"request":"5s"})"}};
  const plan::Child route = http_route(service, {*service.spec.route.gateway},
                                       {.backends = {{"aaaaaaaa", 90}, {"bbbbbbbb", 10}}, .mirror = "bbbbbbbb", .mirrored = 20});
  const std::string spec = json::dump(*route.desired.at({"spec"}));
  EXPECT_EQ(spec, R"({"hostnames":["churn.example.org"],"parentRefs":[{"group":"gateway.networking.k8s.io","kind":"Gateway","name":"gw",)"
                  R"("namespace":"infra","sectionName":"web"}],"rules":[{"backendRefs":[)"
                  R"({"group":"","kind":"Service","name":"churn-aaaaaaaa","port":8080,"weight":90},)"
                  R"({"group":"","kind":"Service","name":"churn-bbbbbbbb","port":8080,"weight":10}],)"
                  R"("filters":[{"extensionRef":{"group":"g","kind":"K","name":"n"},"type":"ExtensionRef"},)"
                  R"({"requestMirror":{"backendRef":{"group":"","kind":"Service","name":"churn-bbbbbbbb","port":8080},"percent":20},)"
                  R"("type":"RequestMirror"}],"matches":[{"path":{"type":"PathPrefix","value":"/"}}],"timeouts":{"request":"5s"}}]})");
}

TEST(Gateway, EveryServiceKeepsBothPortsThroughARollout) {
  World w = serving_by_gateway();
  w.add_version(2);
  w.settle();
  int services = 0;
  for (const auto* lane : {&w.last.traffic, &w.last.children}) {
    for (const plan::Child& child : *lane) {
      if (*child.kind != kube::resources::kService) continue;
      ++services;
      EXPECT_EQ(json::dump(*child.desired.at({"spec", "ports"})),
                R"([{"appProtocol":"http","name":"http","port":8080,"protocol":"TCP","targetPort":8080},)"
                R"({"appProtocol":"kubernetes.io/h2c","name":"grpc","port":8081,"protocol":"TCP","targetPort":8081}])");
    }
  }
  EXPECT_EQ(services, 3) << "the entry and a backend of each revision";
}

}  // namespace
}  // namespace millrace::inference_service
