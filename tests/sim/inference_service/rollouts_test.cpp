// Whole rollouts through a Gateway, with verdicts of metrics and words of people, under faults at every write.
#include <gtest/gtest.h>

#include "kube/model/gateway.h"
#include "support/sim/domain.h"
#include "support/sim/routes.h"

namespace millrace::sim::domain {
namespace {

using json::Array, json::Object;
namespace r = kube::resources;

Object pinned(std::string version) { return {{"policy", "Pinned"}, {"name", std::move(version)}}; }

Object by_gateway(Object rollout) {
  const Object parent{{"name", "gw"}, {"namespace", "infra"}};
  return {{"version", pinned("churn-v1")},
          {"route", Object{{"provider", "GatewayAPI"}, {"gateway", Object{{"parentRefs", Array{parent}}}}}},
          {"rollout", std::move(rollout)}};
}

Object steps(Object more = {}) {
  Object out{{"steps", Array{Object{{"weight", 20}, {"pause", "1m"}}, Object{{"weight", 100}}}}, {"bake", "1m"}, {"drain", "10s"}};
  for (const auto& [name, value] : more.members()) out[name] = value;
  return out;
}

// Measured every half minute; a value above 1 is bad.
Object measured() {
  const Object metric{{"name", "bad"}, {"query", "bad{ {{canary}} }"}, {"max", "1"}};
  return steps({{"analysis", Object{{"interval", "30s"}, {"warmup", "30s"}, {"metrics", Array{metric}}}}});
}

std::vector<Act> to_version_2(Object rollout) {
  return {claims(),
          gateway("infra", "gw"),
          make("version 1", model_version("churn-v1", 1)),
          make("a service", inference_service("churn", by_gateway(std::move(rollout)))),
          make("version 2", model_version("churn-v2", 2)),
          edit("serve version 2", r::kInferenceService, "churn", {{"version", pinned("churn-v2")}})};
}

Story rollout(std::string name, std::vector<Act> acts) {
  Story s = story(std::move(name), well, std::move(acts));
  s.wipes = true;
  s.always = dead_backend;
  return s;
}

Act say(std::string words) {
  return {"a person says " + words, [words](ApiServer& server, core::Instant now) {
            const std::string intent = words + " at=" + core::to_rfc3339(now) + " by=jo";
            const Object body{{"metadata", Object{{"annotations", Object{{"millrace.dev/intent", intent}}}}}};
            const auto answer = server.handle({.method = "PATCH",
                                               .path = kube::collection_path(r::kInferenceService, "default") + "/churn",
                                               .body = json::dump(body),
                                               .content_type = "application/merge-patch+json"},
                                              now, "person");
            EXPECT_EQ(answer.status, 200) << answer.body;
          }};
}

std::string of(const Verdict& verdict, std::initializer_list<std::string_view> path) {
  return at(verdict, r::kInferenceService, "churn", path);
}

TEST(Rollouts, AGatewayMovesRequestsByWeightsThatMetricsAllow) {
  Story s = rollout("a canary behind a gateway is promoted", to_version_2(measured()));
  s.prometheus = prometheus({{.contains = "bad{", .says = always(value(0.5))}});
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(of(verdict, {"status", "stable", "version"}), "churn-v2");
  EXPECT_EQ(of(verdict, {"status", "result"}), "Promoted");
}

TEST(Rollouts, MetricsThatAreBadTakeTheCanaryBack) {
  Story s = rollout("a canary behind a gateway is measured and taken back", to_version_2(measured()));
  s.prometheus = prometheus({{.contains = "bad{", .says = always(value(5))}});
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(of(verdict, {"status", "stable", "version"}), "churn-v1");
  EXPECT_EQ(of(verdict, {"status", "result"}), "RolledBack");
}

TEST(Rollouts, APersonsWordIsObeyedOnce) {
  auto acts = to_version_2(
      {{"steps", Array{Object{{"weight", 50}, {"pause", "Manual"}}, Object{{"weight", 100}}}}, {"bake", "1m"}, {"drain", "10s"}});
  acts.push_back(say("promote churn-v2 step=1 id=one"));
  const Story s = rollout("a person lets a canary go on", std::move(acts));
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(of(verdict, {"status", "stable", "version"}), "churn-v2");
}

TEST(Rollouts, AnAbortEndsThoughTheRouteWasEditedBadly) {
  const Object manual{{"steps", Array{Object{{"weight", 50}, {"pause", "Manual"}}, Object{{"weight", 100}}}}, {"drain", "10s"}};
  const auto attach = [](std::string what, std::string name) {
    const Object parent{{"name", std::move(name)}, {"namespace", "infra"}};
    const Object route{{"gateway", Object{{"parentRefs", Array{parent}}}}};
    return edit(std::move(what), r::kInferenceService, "churn", {{"route", route}});
  };
  auto acts = to_version_2(manual);
  acts.push_back(attach("a Gateway that is not there", "nowhere"));
  acts.push_back(say("abort churn-v2 id=one"));
  acts.push_back(attach("the edit is taken back", "gw"));
  const Story s = rollout("a bad edit of the route in a rollout, and an abort", std::move(acts));
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(of(verdict, {"status", "stable", "version"}), "churn-v1");
  EXPECT_EQ(of(verdict, {"status", "result"}), "RolledBack");
  EXPECT_EQ(count(verdict, r::kDeployment), 1U);
}

TEST(Rollouts, WithoutTheApiOfRoutesOneLeavesAndComesAgainWithIt) {
  const auto group = r::kHttpRoute.group;
  auto acts = to_version_2({{"steps", Array{Object{{"weight", 50}, {"pause", "Manual"}}, Object{{"weight", 100}}}},
                            {"bake", "1m"},
                            {"drain", "10s"},
                            {"placeTimeout", "1m"}});
  acts.push_back({"the Gateway API is removed", [group](ApiServer& server, core::Instant) { server.uninstall(group); }});
  acts.push_back({"the Gateway API is back", [group](ApiServer& server, core::Instant) { server.install(group); }});
  acts.push_back(gateway("infra", "gw"));
  acts.push_back(say("promote churn-v2 step=1 id=one"));
  const Story s = rollout("the API of routes goes and comes back", std::move(acts));
  const auto verdict = explore(s, 0);  // its waits are long to simulate
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(of(verdict, {"status", "stable", "version"}), "churn-v2");
  EXPECT_EQ(of(verdict, {"status", "result"}), "Promoted");
}

}  // namespace
}  // namespace millrace::sim::domain
