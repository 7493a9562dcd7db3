// What the planner renders, byte for byte, beside files in tests/golden/inference_service. MILLRACE_GOLDEN=write renews them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "unit/inference_service/world.h"

namespace millrace::inference_service {
namespace {

std::string rendered(const World& w) {
  json::Array all;
  for (const auto* lane : {&w.last.traffic, &w.last.children}) {
    for (const plan::Child& child : *lane) {
      json::Object one{{"object", child.desired}, {"ownAnnotations", child.own_annotations}};
      if (child.replicas) one["replicas"] = *child.replicas;
      all.push_back(std::move(one));
    }
  }
  return json::pretty(all) + "\n";
}

void expect_golden(const World& w, const std::string& name) {
  const std::string path = "tests/golden/inference_service/" + name + ".json";
  const char* mode = std::getenv("MILLRACE_GOLDEN");
  if (mode != nullptr && std::string_view(mode) == "write") std::ofstream(path) << rendered(w);
  std::ifstream file(path);
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(rendered(w), golden.str()) << path;
}

TEST(Golden, TheFirstRevisionIsFrozenWithItsPods) {
  World w;
  w.add_version(1);
  w.pass();
  expect_golden(w, "first_pass");
}

TEST(Golden, ASplitHasTwoDeploymentsAndTheBroadEntry) {
  World w;
  w.seen.service.spec.replicas = 2;
  w.seen.service.spec.container = Container{.image = "registry.example.org/server:1",
                                            .env = {{"LOG_LEVEL", "debug", {}}, {"MLSERVER_MODEL_NAME", "other", {}}},
                                            .resources = {.requests = {{"cpu", "500m"}}, .limits = {{"memory", "1Gi"}}},
                                            .image_pull_policy = "Always"};
  w.add_version(1);
  ASSERT_TRUE(w.run_to_settled());
  w.add_version(2);
  w.settle();
  ASSERT_EQ(w.entry(), "everybody");
  expect_golden(w, "split");
}

}  // namespace
}  // namespace millrace::inference_service
