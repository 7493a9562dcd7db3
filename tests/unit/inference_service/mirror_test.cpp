#include "inference_service/routers/gateway_api/mirror.h"

#include <gtest/gtest.h>

#include "kube/model/gateway.h"
#include "unit/inference_service/world.h"

namespace millrace::inference_service {
namespace {

World shadowing(std::int64_t percent) {
  World w = serving_by_gateway();
  w.seen.service.spec.rollout.steps = {{.weight = 0, .pause = "1m", .shadow = percent}, {100}};
  w.add_version(2);
  w.settle();
  return w;
}

void tell(World& w, const kube::Resource& kind, std::string name, std::string ns, std::string object) {
  w.seen.facts.push_back({.question = {.what = plan::ObjectByName{&kind, std::move(name), std::move(ns)}, .at = w.seen.now},
                          .answer = plan::Found{.exists = !object.empty(), .object = {object}},
                          .answered = w.seen.now});
  w.settle();
}

void tell_class(World& w, const std::string& feature) {
  tell(w, kube::resources::kGateway, "gw", "infra", R"({"spec":{"gatewayClassName":"fine"}})");
  tell(w, kube::resources::kGatewayClass, "fine", "", R"({"status":{"supportedFeatures":[{"name":")" + feature + R"("}]}})");
}

std::string accepted(const World& w) { return kube::find(w.status().conditions, "Accepted")->reason; }

TEST(Mirror, IsAskedForBeforeARolloutBegins) {
  World w = shadowing(20);
  EXPECT_FALSE(w.status().canary);
  EXPECT_EQ(w.last.questions.size(), 1U);
  EXPECT_EQ(accepted(w), "Pending");
}

TEST(Mirror, AStepMirrorsWithoutAnyWeight) {
  World w = shadowing(20);
  tell_class(w, "HTTPRouteRequestPercentageMirror");
  EXPECT_EQ(w.status().phase, "Shadowing");
  EXPECT_EQ(w.route(), "churn-v1=100 churn-v2=0");
  ASSERT_EQ(w.seen.route->spec.rules.front().filters.size(), 1U);
  EXPECT_EQ(w.seen.route->spec.rules.front().filters[0].mirror->backend.name, "churn-" + w.revision_of("churn-v2"));
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_TRUE(w.seen.route->spec.rules.front().filters.empty());
  EXPECT_EQ(w.status().result, "Promoted");
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Mirror, AClassThatCannotIsNamed) {
  World w = shadowing(20);
  tell_class(w, "HTTPRouteRequestMirror");
  EXPECT_EQ(accepted(w), "ShadowUnsupported");
  EXPECT_NE(w.status().message.find("GatewayClass fine of Gateway gw does not offer HTTPRouteRequestPercentageMirror"), std::string::npos)
      << w.status().message;
  EXPECT_FALSE(w.status().canary);
  EXPECT_EQ(w.route(), "churn-v1=100") << "who serves goes on";
}

TEST(Mirror, TheWholeNeedsTheSmallerFeatureOnly) {
  World w = shadowing(100);
  tell_class(w, "HTTPRouteRequestMirror");
  EXPECT_EQ(w.status().phase, "Shadowing");
}

TEST(Mirror, AGatewayThatIsNotThereIsTold) {
  World w = shadowing(20);
  tell(w, kube::resources::kGateway, "gw", "infra", "");
  EXPECT_EQ(accepted(w), "GatewayNotFound");
}

}  // namespace
}  // namespace millrace::inference_service
