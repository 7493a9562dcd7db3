// What comes from outside: metrics sources that answer, are slow or down; an API that the cluster may lack.
#include <gtest/gtest.h>

#include "kube/model/gateway.h"
#include "support/sim/story.h"
#include "support/toy/asker.h"

namespace millrace::sim {
namespace {

using json::Object;

const std::string kWidgets = "/apis/toy.millrace.dev/v1/namespaces/default/widgets";
constexpr std::chrono::seconds kInterval = toy::AskController::kInterval;

const toy::AskController kController;

Act make_widget(std::string name) {
  return {"make widget " + name, [name](ApiServer& server, core::Instant now) {
            const Object body{{"apiVersion", "toy.millrace.dev/v1"}, {"kind", "Widget"}, {"metadata", Object{{"name", name}}}};
            const auto answer = server.handle(
                {.method = "POST", .path = kWidgets, .body = json::dump(body), .content_type = "application/json"}, now, "person");
            EXPECT_EQ(answer.status, 201) << answer.body;
          }};
}

Story story(std::string name, std::vector<Act> acts) {
  return {.name = std::move(name),
          .controllers = {&kController},
          .script = [](const json::Value&, const std::string&) { return runs(); },
          .acts = std::move(acts)};
}

std::string member(const Verdict& verdict, const std::string& name, const char* of) {
  const auto hit = verdict.end.find(kWidgets + "/" + name);
  return hit == verdict.end.end() ? "(no such widget)" : json::parse(hit->second)->text_at({"status", of});
}

TEST(Outside, ASourceIsAskedUntilItHasANumber) {
  Story s = story("a source without data, that is broken, slow, down, and answers", {make_widget("w")});
  s.prometheus = [](const MetricsAsk& ask) {
    static constexpr core::Instant kStart{std::chrono::seconds(1'767'225'600)};
    EXPECT_EQ(ask.source + " " + ask.ns + " " + ask.text, "p default requests of w");
    switch ((ask.at - kStart) / kInterval) {
      case 0:
        return no_data();
      case 1:
        return not_a_number();
      case 2:
        return late(value(1), std::chrono::seconds(11));
      case 3:
        return down();
      default:
        return late(value(0.25), std::chrono::seconds(9));
    }
  };
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(member(verdict, "w", "message"), "0.250000");
}

TEST(Outside, ASlowSourceDelaysNobodyElse) {
  std::vector<Act> acts;
  for (int i = 0; i < 30; ++i) acts.push_back(make_widget("w" + std::to_string(i)));
  Act at_once{"make thirty widgets", [acts](ApiServer& server, core::Instant now) {
                for (const Act& act : acts) act.act(server, now);
              }};
  Story s = story("thirty ask a slow source", {at_once});
  s.prometheus = prometheus({{.contains = "w29", .says = always(value(29))}, {.says = always(late(value(1), std::chrono::seconds(9)))}});
  const auto verdict = explore(s, 0);
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(member(verdict, "w29", "message"), "29.000000");
  EXPECT_EQ(member(verdict, "w0", "message"), "1.000000");
}

Act routes(bool there) {
  return {there ? "the Gateway API is installed" : "the Gateway API is removed", [there](ApiServer& server, core::Instant) {
            const std::string_view group = kube::resources::kHttpRoute.group;
            there ? server.install(group) : server.uninstall(group);
          }};
}

Act make_route() {
  return {"make a route", [](ApiServer& server, core::Instant now) {
            const Object route{{"apiVersion", "gateway.networking.k8s.io/v1"},
                               {"kind", "HTTPRoute"},
                               {"metadata", Object{{"name", "r"}, {"namespace", "default"}}},
                               {"spec", Object{}}};
            EXPECT_EQ(server.create_as("person", route, now), 201);
          }};
}

TEST(Outside, AnOptionalApiMayAppearAndVanish) {
  const auto end_of = [](std::vector<Act> acts) {
    Story s = story("an API comes and goes", std::move(acts));
    s.prometheus = prometheus({{.says = always(value(1))}});
    const auto verdict = explore(s, fault_depth());
    EXPECT_EQ(report(s, verdict), "");
    const auto object = json::parse(verdict.end.at(kWidgets + "/w"));
    const json::Value* ready = object->at({"status", "ready"});
    return object->text_at({"status", "phase"}) + " " + (ready == nullptr ? "0" : json::dump(*ready));
  };
  EXPECT_EQ(end_of({make_widget("w"), make_route()}), "WithRoutes 1");
  EXPECT_EQ(end_of({routes(false), make_widget("w")}), "WithoutRoutes 0");
  EXPECT_EQ(end_of({routes(false), make_widget("w"), routes(true), make_route()}), "WithRoutes 1");
  EXPECT_EQ(end_of({make_widget("w"), make_route(), routes(false)}), "WithoutRoutes 0");
}

}  // namespace
}  // namespace millrace::sim
