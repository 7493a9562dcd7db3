// Edits of spec.route.gateway: in a rollout none holds up weights.
#include <gtest/gtest.h>

#include "inference_service/routers/gateway_api/http_route.h"
#include "unit/inference_service/world.h"

namespace millrace::inference_service {
namespace {

const std::vector<std::string> kNothing{};

void attach_to(World& w, std::string gateway) {
  w.seen.service.spec.route.gateway = Gateway{.parent_refs = {{.name = std::move(gateway), .ns = "infra"}}};
  ++w.seen.service.meta.generation;
}

void refuse_parent(World& w, const std::string& name) {
  w.server_refuses = [name](const plan::Child& child) {
    const bool bad = *child.kind == kube::resources::kHttpRoute && json::dump(child.desired).find("\"" + name + "\"") != std::string::npos;
    return bad ? "HTTPRoute " + child.name + ": spec.parentRefs[0].name: Invalid value" : std::string();
  };
}

std::string parent(const World& w) { return route_facts(w.seen).parts->gateway.parent_refs.front().name; }

void say(World& w, const std::string& words) {
  w.seen.service.meta.annotations["millrace.dev/intent"] = words + " at=" + core::to_rfc3339(w.seen.now) + " by=jo";
}

World in_a_rollout() {
  World w = serving_by_gateway();
  w.add_version(2);
  w.settle();
  EXPECT_EQ(w.route(), "churn-v1=50 churn-v2=50");
  return w;
}

TEST(RouteParts, AnAbortGetsThroughABadEdit) {
  World w = in_a_rollout();
  refuse_parent(w, "BAD");
  attach_to(w, "BAD");
  w.settle();
  EXPECT_TRUE(kube::find(w.status().conditions, "Accepted")->message.ends_with("waits for the end of the rollout: gateway"));
  say(w, "abort churn-v2 id=1");
  w.settle();
  EXPECT_EQ(w.route(), "churn-v1=100");
  for (int i = 0; i < 10; ++i) w.advance(minutes(1));
  EXPECT_EQ(w.count("churn-v2"), -1);
  EXPECT_EQ(w.status().phase, "Invalid") << "at rest the edit is tried, and the refusal is told";
  EXPECT_EQ(w.status().message, "HTTPRoute churn-predict: spec.parentRefs[0].name: Invalid value");
  EXPECT_EQ(w.route(), "churn-v1=100");
  attach_to(w, "gw");
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.wrong, kNothing);
}

TEST(RouteParts, AnAbortEndsWhereTheNewGatewayIsNotThere) {
  World w = in_a_rollout();
  attach_to(w, "nowhere");
  say(w, "abort churn-v2 id=1");
  for (int i = 0; i < 10; ++i) w.advance(minutes(1));
  EXPECT_EQ(w.count("churn-v2"), -1);
  EXPECT_EQ(parent(w), "nowhere") << "at rest the edit holds";
  EXPECT_EQ(kube::find(w.status().conditions, "TrafficConverged")->status, "False");
}

TEST(RouteParts, ARolloutEndsByWhatTheGatewaysTook) {
  World w = in_a_rollout();
  refuse_parent(w, "BAD");
  attach_to(w, "BAD");
  for (int i = 0; i < 20; ++i) w.advance(minutes(1));
  EXPECT_EQ(w.status().stable->version, "churn-v2");
  EXPECT_FALSE(w.status().stable->bake_until);
  EXPECT_EQ(w.count("churn-v1"), -1);
  w.add_version(3);
  for (int i = 0; i < 20; ++i) w.advance(minutes(1));
  EXPECT_EQ(w.status().stable->version, "churn-v3") << "the next one goes by it too";
  EXPECT_EQ(parent(w), "gw");
  EXPECT_EQ(w.wrong, kNothing);
}

TEST(RouteParts, AWipedStatusKeepsWhatTheGatewaysTook) {
  World w = in_a_rollout();
  refuse_parent(w, "BAD");
  attach_to(w, "BAD");
  w.settle();
  w.seen.service.status = {};
  w.settle();
  EXPECT_EQ(w.route(), "churn-v1=50 churn-v2=50");
  EXPECT_EQ(parent(w), "gw");
  EXPECT_TRUE(w.seen.refusals.empty());
}

TEST(RouteParts, WhatNoGatewayHasTakenMayBeMendedAtOnce) {
  World w;
  w.seen.gateway_installed = true;
  w.seen.service.spec.route.provider = Provider::GatewayAPI;
  attach_to(w, "nowhere");
  w.add_version(1);
  w.settle();
  EXPECT_EQ(w.status().decision.waiting_for, "the route: Gateway infra/nowhere has not taken the route yet");
  attach_to(w, "gw");
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v1");
}

TEST(RouteParts, ARouteThatAGatewayDoesNotLetInMayBeMendedAtOnce) {
  World w = in_a_rollout();
  w.gateway_refuses = "NotAllowedByListeners: no listener allows this namespace";
  w.settle();
  attach_to(w, "other");
  w.settle();
  EXPECT_EQ(parent(w), "other");
}

TEST(RouteParts, AnEditHoldsBeforeTheNextRolloutBegins) {
  World w = in_a_rollout();
  w.seen.service.spec.route.gateway->hostnames = {"churn.example.org"};
  w.add_version(3);  // waits for the end of the one that goes on
  bool held_before = false;
  for (int i = 0; i < 60 && w.status().stable->version != "churn-v3"; ++i) {
    w.advance(seconds(30));
    const bool third = w.status().canary && w.status().canary->version == "churn-v3";
    const bool holds = !route_facts(w.seen).parts->gateway.hostnames.empty();
    EXPECT_TRUE(holds || !third);
    held_before = held_before || (third && holds);
  }
  EXPECT_TRUE(held_before);
}

}  // namespace
}  // namespace millrace::inference_service
