// Bugs put in on purpose: each is found, by the oracle that is there for it, and told by the fewest decisions that show it.
#include <gtest/gtest.h>

#include <algorithm>

#include "kube/model/children.h"
#include "support/sim/replay.h"
#include "support/toy/controller.h"

namespace millrace::sim {
namespace {

using json::Object;

const std::string kWidgets = "/apis/toy.millrace.dev/v1/namespaces/default/widgets";

// The toy's controller, whose plans somebody spoils.
class Planted final : public engine::Controller {
 public:
  using Bug = void (*)(engine::Outcome& out, const engine::World& world);
  explicit Planted(Bug bug) : bug_(bug) {}
  const kube::Resource& resource() const override { return sound_.resource(); }
  std::vector<engine::Kind> watches() const override { return sound_.watches(); }
  std::optional<engine::Outcome> reconcile(const engine::World& world, const kube::ObjectKey& key) const override {
    auto out = sound_.reconcile(world, key);
    if (out) bug_(*out, world);
    return out;
  }
  json::Object rejected(const engine::Unreadable& seen, core::Instant now) const override { return sound_.rejected(seen, now); }

 private:
  toy::WidgetController sound_{};
  Bug bug_;
};

void say(engine::Outcome& out, const std::string& message) {
  (*out.status->object())["message"] = message;
  (*out.decisions.object())["message"] = message;
}

Act request(std::string method, std::string path, Object body) {
  return {method + " a widget", [method, path, body](ApiServer& server, core::Instant now) {
            const bool patch = method == "PATCH";
            const auto answer = server.handle({.method = method,
                                               .path = path,
                                               .body = json::dump(body),
                                               .content_type = patch ? "application/merge-patch+json" : "application/json"},
                                              now, "person");
            EXPECT_LT(answer.status, 300) << answer.body;
          }};
}

std::string found(const engine::Controller& controller, bool leased = false, bool unfenced = false) {
  const Object widget{{"apiVersion", "toy.millrace.dev/v1"}, {"kind", "Widget"}, {"metadata", Object{{"name", "w"}}}};
  Story s{.name = "a bug is planted",
          .controllers = {&controller},
          .script =
              [](const json::Value& pod, const std::string&) {
                return pod.text_at({"spec", "restartPolicy"}) == "Never" ? exits(0, "", core::Duration(5'000)) : runs();
              },
          .acts = {request("POST", kWidgets, widget), request("PATCH", kWidgets + "/w", {{"spec", Object{{"replicas", 3}}}})}};
  s.every = s.wipes = !leased;
  if (leased) s.acts.pop_back();
  s.leased = leased;
  s.unfenced = unfenced;
  return report(s, explore(s));
}

#define EXPECT_FOUND(text, what) EXPECT_NE((text).find(what), std::string::npos) << (text)

// What was done is remembered in the status alone.
TEST(Planted, AChildThatIsMadeAgainWhenAStatusIsLostIsCounted) {
  const Planted controller([](engine::Outcome& out, const engine::World& world) {
    const auto widget = world.get<toy::Widget>("w");
    const bool planned = std::ranges::any_of(out.children, [](const plan::Child& c) { return c.kind == &kube::resources::kJob; });
    if (planned || !widget->status.phase.empty()) return;
    Object job = kube::child_object(kube::resources::kJob, {&toy::Widget::kResource, widget->meta}, "w-build", {});
    const Object main{{"name", "main"}, {"image", "example.org/toy:1"}};
    job["spec"] = Object{{"template", Object{{"spec", Object{{"restartPolicy", "Never"}, {"containers", json::Array{main}}}}}}};
    out.children.push_back({.kind = &kube::resources::kJob, .name = "w-build", .keep = plan::Keep::CreatedOnce, .desired = std::move(job)});
  });
  const std::string text = found(controller);
  EXPECT_FOUND(text, " wipe'");
  EXPECT_FOUND(text, "jobs/w-build was created 2 times instead of 1");
}

TEST(Planted, AStatusWithTheTimeInItIsNeverQuiet) {
  const Planted controller([](engine::Outcome& out, const engine::World& world) {
    if (out.status) say(out, core::to_rfc3339(world.now()));
  });
  EXPECT_FOUND(found(controller), "not quiet: a restart at rest wrote");
}

TEST(Planted, AReadyThatIsOfTheSpecBeforeIsNotTrue) {
  const Planted controller([](engine::Outcome& out, const engine::World&) {
    if (out.status) (*out.status->object())["observedGeneration"] = 1;
  });
  EXPECT_FOUND(found(controller), "Widget w is at rest, and not observed");
}

TEST(Planted, ASecretInAStatusIsSeen) {
  const Planted controller([](engine::Outcome& out, const engine::World&) {
    if (out.status) say(out, std::string("the password is ") + kCanary);
  });
  EXPECT_FOUND(found(controller), "a secret stands in Widget");
}

TEST(Planted, AChildWithoutAnOwnerIsLeftBehind) {
  const Planted controller([](engine::Outcome& out, const engine::World&) {
    for (plan::Child& child : out.children) {
      if (child.kind == &kube::resources::kJob) child.desired.object()->find("metadata")->object()->erase("ownerReferences");
    }
  });
  const std::string text = found(controller);
  EXPECT_FOUND(text, "delete' --gtest_filter=Planted.AChildWithoutAnOwnerIsLeftBehind");
  EXPECT_FOUND(text, "Job w-build is left behind");
}

// What was decided before a process stopped is sent when it goes on, though another one leads.
TEST(Planted, AFenceThatIsRemovedIsMissed) {
  const toy::WidgetController sound;
  EXPECT_EQ(found(sound, true), "");
  const std::string text = found(sound, true, true);
  EXPECT_FOUND(text, "MILLRACE_SIM_REPLAY='write 1 freeze'");
  EXPECT_FOUND(text, "fence: POST");
}

TEST(Shrink, LeavesTheDecisionsThatAreNeededAlone) {
  const auto needs_two = [](const Decisions& d) {
    const auto has = [&](Decision one) { return std::find(d.begin(), d.end(), one) != d.end(); };
    return has({12, Fate::CrashAfter}) && has({40, Fate::Lost});
  };
  Decisions all;
  for (std::size_t i = 1; i < 60; ++i) all.push_back({i, i == 40 ? Fate::Lost : Fate::CrashAfter});
  ASSERT_TRUE(needs_two(all));
  EXPECT_EQ(to_text(shrink(all, needs_two)), "write 12 crash-after, line 40 lost");
}

TEST(Decide, IsReadAsItIsWritten) {
  const std::string text = "write 12 crash-after, line 40 lost, write 3 meddle";
  const auto read = decisions_of(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(to_text(*read), text);
  EXPECT_FALSE(decisions_of("line 40 crash-after"));
  EXPECT_FALSE(decisions_of("write x meddle"));
}

}  // namespace
}  // namespace millrace::sim
