// A change of the entry's name: the new one answers before the old one goes.
#include "inference_service/entry.h"

#include <gtest/gtest.h>

#include "unit/inference_service/world.h"

namespace millrace::inference_service {
namespace {

const std::vector<std::string> kNothing{};

std::vector<std::string> entries(const World& w) {
  std::vector<std::string> out;
  for (const auto& service : w.seen.services) {
    if (service->meta.label(shared::kRevisionLabel).empty()) out.push_back(service->meta.name);
  }
  return out;
}

void rename_entry(World& w, std::string name) {
  w.seen.now += seconds(1);
  w.seen.service.spec.route.service_name = std::move(name);
  ++w.seen.service.meta.generation;
}

std::string accepted(const World& w) { return kube::find(w.status().conditions, "Accepted")->message; }

TEST(Entry, ANewNameAnswersBeforeTheOldOneGoes) {
  World w = serving_v1();
  rename_entry(w, "front");
  w.pass();
  EXPECT_EQ(entries(w), (std::vector<std::string>{"churn-predict", "front"}));
  EXPECT_EQ(w.entry(), w.revision_of("churn-v1"));
  w.pass();
  EXPECT_EQ(entries(w).size(), 2U) << "it has no endpoints yet";
  EXPECT_EQ(kube::find(w.status().conditions, "TrafficConverged")->message, "the entry moves to Service front");
  w.settle();
  EXPECT_EQ(entries(w), std::vector<std::string>{"front"});
  EXPECT_EQ(w.status().url, "http://front.default.svc:8080/v2/models/churn");
  EXPECT_EQ(kube::find(w.status().conditions, "TrafficConverged")->status, "True");
  EXPECT_EQ(w.wrong, kNothing);
}

TEST(Entry, ANewNameWaitsForTheEndOfARollout) {
  World w = serving_v1();
  w.add_version(2);
  w.settle();
  ASSERT_EQ(w.entry(), "everybody");
  rename_entry(w, "front");
  w.settle();
  EXPECT_EQ(entries(w), std::vector<std::string>{"churn-predict"});
  EXPECT_EQ(w.entry(), "everybody");
  EXPECT_TRUE(accepted(w).ends_with("; of spec.route this waits for the end of the rollout: serviceName")) << accepted(w);
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(entries(w), std::vector<std::string>{"front"});
  EXPECT_EQ(w.entry(), w.revision_of("churn-v2"));
  EXPECT_EQ(w.wrong, kNothing);
}

TEST(Entry, OfARolloutThatBeginsMeanwhileBothAreWrittenAlike) {
  World w = serving_v1();
  rename_entry(w, "front");
  w.pass();  // "front" is made, and has no endpoints yet
  w.add_version(2);
  for (int i = 0; i < 100 && w.status().phase != "Canary"; ++i) {
    w.seen.now += seconds(1);
    w.settle();
    for (const auto& entry : w.seen.services) EXPECT_EQ(entry->spec.selector, w.seen.entry->spec.selector);
  }
  EXPECT_EQ(entries(w), std::vector<std::string>{"front"});
  EXPECT_EQ(w.entry(), "everybody");
  EXPECT_EQ(w.wrong, kNothing);
}

TEST(Entry, AWipedStatusEndsInTheSameState) {
  for (int passes = 1; passes <= 3; ++passes) {
    World w = serving_v1();
    rename_entry(w, "front");
    for (int i = 0; i < passes; ++i) w.pass();
    w.seen.service.status = {};
    w.settle();
    EXPECT_EQ(entries(w), std::vector<std::string>{"front"}) << passes;
    EXPECT_EQ(w.entry(), w.revision_of("churn-v1")) << passes;
    EXPECT_EQ(w.wrong, kNothing) << passes;
  }
}

TEST(Entry, ANameThatIsTakenBackLeavesNothing) {
  World w = serving_v1();
  rename_entry(w, "front");
  w.pass();
  rename_entry(w, "");
  w.settle();
  EXPECT_EQ(entries(w), std::vector<std::string>{"churn-predict"});
  EXPECT_EQ(w.wrong, kNothing);
}

TEST(Entry, TheWordsThatItRemembersMoveAlong) {
  World w = serving_v1();
  w.seen.service.meta.annotations["millrace.dev/intent"] = "pause id=one at=" + core::to_rfc3339(w.seen.now) + " by=jo";
  w.settle();
  rename_entry(w, "front");
  w.settle();
  w.seen.service.status = {};
  w.settle();
  EXPECT_TRUE(w.status().paused);
  EXPECT_EQ(entries(w), std::vector<std::string>{"front"});
}

TEST(Entry, TheRouteKeepsItsNameAndItsWeights) {
  World w = serving_by_gateway();
  const std::string name = w.seen.route->meta.name;
  rename_entry(w, "front");
  w.settle();
  EXPECT_EQ(w.seen.route->meta.name, name);
  EXPECT_EQ(w.route(), "churn-v1=100");
  EXPECT_EQ(entries(w), std::vector<std::string>{"front"});
}

TEST(Entry, NotesAnAbortOnlyWhenTheRevisionBearsIt) {
  World w = serving_v1();
  w.add_version(2);
  w.settle();
  w.server_refuses = [](const plan::Child& child) { return *child.kind == kube::resources::kControllerRevision ? "not now" : ""; };
  w.seen.service.meta.annotations["millrace.dev/intent"] = "abort churn-v2 id=one at=" + core::to_rfc3339(w.seen.now) + " by=jo";
  w.pass();
  w.seen.service.status = {};
  w.server_refuses = nullptr;
  w.settle();
  ASSERT_EQ(w.status().refused.size(), 1U) << "it is heard again";
  EXPECT_EQ(w.status().refused[0].reason, "Aborted");
  EXPECT_FALSE(w.status().canary);
  EXPECT_NE(w.seen.entry->meta.annotation("millrace.dev/memory").find("one"), std::string::npos);
}

}  // namespace
}  // namespace millrace::inference_service
