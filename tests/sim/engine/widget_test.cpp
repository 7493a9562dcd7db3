// The engine under faults, with the toy kind: every write of a whole life, every fate.
#include <gtest/gtest.h>

#include "support/sim/story.h"
#include "support/toy/controller.h"

namespace millrace::sim {
namespace {

using json::Object;

const toy::WidgetController kController;

ContainerOutcome happy(const json::Value& pod, const std::string&) {
  return pod.text_at({"spec", "restartPolicy"}) == "Never" ? exits(0, "", core::Duration(5'000)) : runs();
}

ContainerOutcome build_fails(const json::Value& pod, const std::string&) {
  return pod.text_at({"spec", "restartPolicy"}) == "Never" ? exits(1, "no wood", core::Duration(5'000)) : runs();
}

kube::Request json_request(std::string method, std::string path, const json::Value& body) {
  return {.method = method,
          .path = std::move(path),
          .body = json::dump(body),
          .content_type = method == "PATCH" ? "application/merge-patch+json" : "application/json"};
}

const std::string kWidgets = "/apis/toy.millrace.dev/v1/namespaces/default/widgets";

Act make_widget(Object spec) {
  return {
      "make the widget", [spec](ApiServer& server, core::Instant now) {
        const Object body{{"apiVersion", "toy.millrace.dev/v1"}, {"kind", "Widget"}, {"metadata", Object{{"name", "w"}}}, {"spec", spec}};
        EXPECT_EQ(server.handle(json_request("POST", kWidgets, body), now, "person").status, 201);
      }};
}

Act edit_widget(Object spec) {
  return {"edit the widget", [spec](ApiServer& server, core::Instant now) {
            EXPECT_EQ(server.handle(json_request("PATCH", kWidgets + "/w", Object{{"spec", spec}}), now, "person").status, 200);
          }};
}

Story story(std::string name, Script script, std::vector<Act> acts) {
  return {.name = std::move(name), .controllers = {&kController}, .script = std::move(script), .acts = std::move(acts)};
}

TEST(Engine, BuildsServesAndFollowsEdits) {
  Story s = story("a widget is built, served, scaled and recoloured", happy,
                  {make_widget({}), edit_widget({{"replicas", 3}}), edit_widget({{"colour", "blue"}})});
  s.wipes = s.every = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  ASSERT_TRUE(verdict.end.contains(kWidgets + "/w"));
  EXPECT_NE(verdict.end.at(kWidgets + "/w").find("\"phase\":\"Serving\""), std::string::npos);
  EXPECT_GE(verdict.runs + verdict.joined, 40U);
}

TEST(Engine, ALeaderThatStoppedWritesNothingWhenItGoesOn) {
  Story s = story("a widget is built, whoever leads", happy, {make_widget({})});
  s.leased = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(verdict.tried.at("freeze"), verdict.writes);
}

TEST(Engine, AFailureStandsInStatus) {
  const Story s = story("the build of a widget fails", build_fails, {make_widget({})});
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_NE(verdict.end.at(kWidgets + "/w").find("\"phase\":\"Failed\""), std::string::npos);
}

Act delete_widget() {
  return {"delete the widget", [](ApiServer& server, core::Instant now) {
            EXPECT_EQ(server.handle({.method = "DELETE", .path = kWidgets + "/w"}, now, "person").status, 200);
          }};
}

TEST(Engine, AHeldObjectGoesOnceItsLastDeedIsDone) {
  Story s =
      story("a widget that is held is swept before it goes", happy, {make_widget({{"options", Object{{"hold", "yes"}}}}), delete_widget()});
  s.always = [](const ApiServer& server) {
    const json::Value* sweep = server.find(kube::resources::kJob, "default", "w-sweep");
    const bool there = server.find(toy::Widget::kResource, "default", "w") != nullptr;
    const bool served = server.find(kube::resources::kDeployment, "default", "w") != nullptr;
    return served && !there && sweep == nullptr ? "it went unswept" : "";
  };
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_FALSE(verdict.end.contains(kWidgets + "/w"));
  EXPECT_EQ(verdict.creates.count("/apis/batch/v1/namespaces/default/jobs/w-sweep"), 1U);
}

TEST(Engine, AHoldThatIsTakenBackLeavesOtherPeoplesFinalizers) {
  const Act foreign{
      "somebody else holds it too", [](ApiServer& server, core::Instant now) {
        const Object meta{{"finalizers", json::Array{"toy.millrace.dev/hold", "example.org/theirs"}}};
        EXPECT_EQ(server.handle(json_request("PATCH", kWidgets + "/w", Object{{"metadata", meta}}), now, "person").status, 200);
      }};
  const Story s =
      story("a widget is held no longer", happy,
            {make_widget({{"options", Object{{"hold", "yes"}}}}), foreign, edit_widget({{"options", nullptr}}), delete_widget()});
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  const std::string& end = verdict.end.at(kWidgets + "/w");
  EXPECT_NE(end.find(R"("finalizers":["example.org/theirs"])"), std::string::npos) << end;
  EXPECT_FALSE(verdict.creates.contains("/apis/batch/v1/namespaces/default/jobs/w-sweep"));
}

std::string status_at(const ApiServer& server, std::initializer_list<std::string_view> path) {
  const json::Value* widget = server.find(toy::Widget::kResource, "default", "w");
  const json::Value* status = widget == nullptr ? nullptr : widget->at({"status"});
  return status == nullptr ? "" : status->text_at(path);
}

TEST(Engine, AnUnreadableObjectIsToldSoItsChildrenStayAndItRecovers) {
  std::string told;
  const Act break_it{"an older CRD let in another spec", [](ApiServer& server, core::Instant) {
                       server.let_in(toy::Widget::kResource, "default", "w", Object{{"replicas", "many"}});
                     }};
  const Act mend{"mend the widget", [&told](ApiServer& server, core::Instant now) {
                   told = status_at(server, {"phase"}) + ": " + status_at(server, {"message"});
                   EXPECT_NE(server.find(kube::resources::kDeployment, "default", "w"), nullptr);
                   const Object replicas{{"spec", Object{{"replicas", 3}}}};
                   EXPECT_EQ(server.handle(json_request("PATCH", kWidgets + "/w", replicas), now, "person").status, 200);
                 }};
  Story s = story("a widget cannot be read, then it is mended", happy, {make_widget({}), break_it, mend});
  s.poisoned = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(told, "Invalid: spec.replicas: must be an integer, not \"many\"");
  const std::string& end = verdict.end.at(kWidgets + "/w");
  EXPECT_NE(end.find("\"phase\":\"Serving\""), std::string::npos);
  EXPECT_EQ(end.find("Accepted"), std::string::npos) << "the planner's own conditions are all that is left";
}

TEST(Engine, AnObjectThatCannotBeReadIsQuietAfterItWasTold) {
  const Act break_it{"an older CRD let in another spec", [](ApiServer& server, core::Instant) {
                       server.let_in(toy::Widget::kResource, "default", "w", Object{{"replicas", "many"}});
                     }};
  Story s = story("a widget cannot be read", happy, {make_widget({}), break_it});
  s.poisoned = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_NE(verdict.end.at(kWidgets + "/w").find("\"phase\":\"Invalid\""), std::string::npos);
}

TEST(Engine, ABugInAPassIsAConditionUntilThePassGoesThrough) {
  std::string told;
  const Act mend{"another colour", [&told](ApiServer& server, core::Instant now) {
                   told = status_at(server, {"message"});
                   const Object colour{{"spec", Object{{"colour", "blue"}}}};
                   EXPECT_EQ(server.handle(json_request("PATCH", kWidgets + "/w", colour), now, "person").status, 200);
                 }};
  Story s = story("a widget is poison to its controller", happy, {make_widget({}), edit_widget({{"colour", "poison"}}), mend});
  s.poisoned = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(told, "InternalError: no widget has this colour");
  const std::string& end = verdict.end.at(kWidgets + "/w");
  EXPECT_NE(end.find("\"phase\":\"Serving\""), std::string::npos);
  EXPECT_EQ(end.find("InternalError"), std::string::npos);
}

TEST(Engine, ADeletedParentTakesItsChildrenAlong) {
  const Act remove{"delete the widget", [](ApiServer& server, core::Instant now) {
                     EXPECT_EQ(server.handle({.method = "DELETE", .path = kWidgets + "/w"}, now, "person").status, 200);
                   }};
  Story s = story("a widget is deleted", happy, {make_widget({}), remove});
  s.every = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(verdict.end.size(), 1U) << "the namespace is left, and nothing else";
}

TEST(Engine, SomebodyElsesServiceIsNotTouched) {
  const Act foreign{
      "somebody makes a Service of that name", [](ApiServer& server, core::Instant now) {
        const Object body{{"apiVersion", "v1"},
                          {"kind", "Service"},
                          {"metadata", Object{{"name", "w"}}},
                          {"spec", Object{{"selector", Object{{"app", "database"}}}, {"ports", json::Array{Object{{"port", 5432}}}}}}};
        EXPECT_EQ(server.handle(json_request("POST", "/api/v1/namespaces/default/services", body), now, "somebody").status, 201);
      }};
  Story s = story("the Service's name is taken", happy, {foreign, make_widget({})});
  s.foreign = {"/api/v1/namespaces/default/services/w"};
  s.refused_at_rest = true;
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_NE(verdict.end.at(kWidgets + "/w").find("\"phase\":\"Refused\""), std::string::npos);
}

TEST(Engine, AnObjectIsAdoptedOnItsOwnersWord) {
  const std::string path = "/api/v1/namespaces/default/services/w";
  std::string told;
  const Act foreign{"somebody makes a Service of that name", [](ApiServer& server, core::Instant now) {
                      const Object spec{{"selector", Object{{"app", "old"}}}, {"ports", json::Array{Object{{"port", 80}}}}};
                      const Object body{{"apiVersion", "v1"}, {"kind", "Service"}, {"metadata", Object{{"name", "w"}}}, {"spec", spec}};
                      EXPECT_EQ(server.handle(json_request("POST", "/api/v1/namespaces/default/services", body), now, "somebody").status,
                                201);
                    }};
  const Act word{"and hands it over", [&told, path](ApiServer& server, core::Instant now) {
                   told = status_at(server, {"phase"});
                   const Object patch{{"metadata", Object{{"annotations", Object{{"millrace.dev/adopt-by", "w"}}}}}};
                   EXPECT_EQ(server.handle(json_request("PATCH", path, patch), now, "somebody").status, 200);
                 }};
  Story s = story("a Service is handed over", happy, {foreign, make_widget({}), word});
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(told, "Refused");
  EXPECT_NE(verdict.end.at(kWidgets + "/w").find("\"phase\":\"Serving\""), std::string::npos);
  EXPECT_NE(verdict.end.at(path).find("\"kind\":\"Widget\""), std::string::npos) << verdict.end.at(path);
  EXPECT_NE(verdict.end.at(path).find("\"selector\":{\"app\":\"w\"}"), std::string::npos) << verdict.end.at(path);
}

TEST(Engine, ARefusedChildIsToldAndMadeWhenTheQuotaAllows) {
  const Act quota{"the quota is used up", [](ApiServer& server, core::Instant) {
                    server.refusals.push_back({.verb = "create", .resource = &kube::resources::kJob, .message = "exceeded quota: jobs"});
                  }};
  const Act more{"the quota grows", [](ApiServer& server, core::Instant) { server.refusals.clear(); }};
  Story s = story("a quota refuses the Job", happy, {quota, make_widget({}), more, edit_widget({{"replicas", 1}})});
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_NE(verdict.end.at(kWidgets + "/w").find("\"phase\":\"Serving\""), std::string::npos);
}

}  // namespace
}  // namespace millrace::sim
