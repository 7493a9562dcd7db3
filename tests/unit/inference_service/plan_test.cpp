#include "inference_service/plan.h"

#include <gtest/gtest.h>

#include "inference_service/restore.h"
#include "unit/inference_service/world.h"

namespace millrace::inference_service {
namespace {

std::string reason_of(const World& w, std::string_view type) {
  const auto* c = kube::find(w.status().conditions, type);
  return c ? c->reason : "";
}

// Walks a whole life and asks at each rest, and at the moments around the next wake, for a plan that writes nothing.
void stays_quiet(World w) {
  for (int i = 0; i < 40; ++i) {
    ASSERT_GT(w.settle(), 0);
    const core::Instant until = w.last.wake.value_or(w.seen.now + std::chrono::hours(3));
    for (const core::Instant at : {w.seen.now, w.seen.now + (until - w.seen.now) / 2, until - seconds(1)}) {
      if (at < w.seen.now) continue;
      Observed later = w.seen;
      later.now = at;
      const auto planned = plan(later, {});
      EXPECT_EQ(*planned.status, w.status()) << w.status().phase;
      EXPECT_EQ(planned.children, w.last.children);
      EXPECT_EQ(planned.traffic, w.last.traffic);
    }
    if (!w.last.wake) return;
    w.seen.now = until;
  }
}

TEST(Plan, IsQuietOnItsOwnResult) {
  World first;
  first.add_version(1);
  stays_quiet(first);
  ASSERT_TRUE(first.run_to_settled());
  World promoted = first;
  promoted.add_version(2);
  stays_quiet(promoted);
  World refused = first;
  refused.add_version(2);
  refused.pods_of["churn-v2"] = Pods::CrashLoop;
  stays_quiet(refused);
  World waiting = first;
  waiting.add_version(2);
  waiting.pods_of["churn-v2"] = Pods::NoNode;
  stays_quiet(waiting);
}

TEST(Plan, AWipedStatusIsRebuiltAndMovesNoTraffic) {
  World w;
  w.add_version(1);
  ASSERT_TRUE(w.run_to_settled());
  w.add_version(2);
  w.pods_of["churn-v2"] = Pods::CrashLoop;
  ASSERT_TRUE(w.run_to_settled());
  const std::string entry = w.entry();
  const auto pods = w.seen.pods;
  w.seen.service.status = {};
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.entry(), entry);
  EXPECT_EQ(w.seen.pods, pods);
  EXPECT_EQ(w.status().stable->version, "churn-v1");
  ASSERT_FALSE(w.status().refused.empty()) << "what was refused stays refused";
  EXPECT_EQ(w.status().refused[0].version, "churn-v2");
}

TEST(Plan, AWipedStatusInTheMiddleOfASplitGoesOn) {
  World w;
  w.add_version(1);
  ASSERT_TRUE(w.run_to_settled());
  w.add_version(2);
  w.settle();
  ASSERT_EQ(w.entry(), "everybody");
  w.seen.service.status = {};
  w.settle();
  EXPECT_EQ(w.status().stable->version, "churn-v1");
  ASSERT_TRUE(w.status().canary);
  EXPECT_EQ(w.status().canary->version, "churn-v2");
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().result, "Promoted");
}

void wipe_version(World& w, std::size_t at) {
  auto wiped = std::make_shared<model_version::ModelVersion>(*w.seen.versions[at]);
  wiped->status = {};
  w.seen.versions[at] = wiped;
}

TEST(Plan, AWipedStatusOfTheCanarysVersionEndsNoRollout) {
  World w;
  w.add_version(1);
  ASSERT_TRUE(w.run_to_settled());
  w.add_version(2);
  w.settle();
  ASSERT_EQ(w.entry(), "everybody");
  wipe_version(w, 1);
  w.settle();
  EXPECT_EQ(w.entry(), "everybody");
  ASSERT_TRUE(w.status().canary);
  EXPECT_EQ(w.status().canary->version, "churn-v2");
  w.seen.service.status = {};
  w.settle();
  EXPECT_EQ(w.entry(), "everybody") << "nor when both statuses are gone";
  EXPECT_TRUE(w.status().canary && w.status().retired.empty());
}

TEST(Plan, AWipedStatusOfTheVersionThatServesBringsNoOlderOne) {
  World w;
  w.add_version(1);
  ASSERT_TRUE(w.run_to_settled());
  w.add_version(2);
  ASSERT_TRUE(w.run_to_settled());
  const Status before = w.status();
  wipe_version(w, 1);
  w.settle();
  EXPECT_EQ(w.status(), before);
}

// A rejection of the whole object writes conditions and the generation into a status that was wiped; an edit by hand may cut anything.
TEST(Plan, AStatusThatDoesNotSayWhoServesIsMended) {
  World w;
  w.add_version(1);
  ASSERT_TRUE(w.run_to_settled());
  w.add_version(2);
  w.settle();
  ASSERT_EQ(w.entry(), "everybody");
  World rejected = w;
  rejected.seen.service.status = {};
  rejected.seen.service.status.observed_generation = 1;
  World cut = w;
  cut.seen.service.status.stable.reset();
  for (World* mended : {&rejected, &cut}) {
    mended->settle();
    EXPECT_EQ(mended->entry(), "everybody");
    ASSERT_TRUE(mended->status().stable && mended->status().canary);
    EXPECT_EQ(mended->status().stable->version, "churn-v1");
    EXPECT_EQ(mended->status().canary->version, "churn-v2");
    ASSERT_TRUE(mended->run_to_settled());
    EXPECT_EQ(mended->status().result, "Promoted");
  }
}

TEST(Plan, AWipedStatusAtTheLastStepPromotesNobody) {
  World w;
  w.seen.service.spec.rollout.steps = {{50, "2m"}, {100, "Manual"}};
  w.add_version(1);
  ASSERT_TRUE(w.run_to_settled());
  w.add_version(2);
  w.settle();
  w.advance(minutes(3));
  ASSERT_EQ(w.status().phase, "AwaitingApproval");
  const std::string entry = w.entry();
  ASSERT_EQ(entry, w.status().canary->revision);
  w.seen.service.status = {};
  w.settle();
  EXPECT_EQ(w.entry(), entry);
  EXPECT_EQ(w.status().phase, "AwaitingApproval");
  EXPECT_EQ(w.status().stable->version, "churn-v1");
}

TEST(Plan, LatestTakesWhatARunMadeAndIsReady) {
  World w;
  w.add_version(1);
  w.add_version(2, "Ready", "Manual");
  w.add_version(3, "Rejected");
  w.add_version(4, "Verifying");
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v1");
}

TEST(Api, StepsHaveNoDefaultsThatClientsWouldSeeAsAChange) {
  for (const json::Field& f : Step::schema.fields) EXPECT_TRUE(f.limits.fallback.empty()) << f.name;
}

TEST(Plan, AMissingVersionIsWaitedFor) {
  World w;
  w.settle();
  EXPECT_EQ(w.status().phase, "Pending");
  EXPECT_EQ(reason_of(w, "Accepted"), "ModelVersionNotFound");
  w.seen.service.spec.version = {Policy::Pinned, "churn-v9"};
  w.settle();
  EXPECT_EQ(reason_of(w, "Accepted"), "ModelVersionNotFound");
  EXPECT_NE(w.status().message.find("churn-v9"), std::string::npos);
  EXPECT_TRUE(w.seen.deployments.empty());
}

TEST(Plan, APinnedRejectedVersionStalls) {
  World w;
  w.add_version(1, "Rejected");
  w.seen.service.spec.version = {Policy::Pinned, "churn-v1"};
  w.settle();
  EXPECT_TRUE(kube::is_true(w.status().conditions, "Stalled"));
  EXPECT_EQ(reason_of(w, "Accepted"), "VersionRejected");
}

TEST(Plan, AnUnknownFormatIsRefusedWithWhatIsAllowed) {
  World w;
  w.add_version(1);
  auto v = std::make_shared<model_version::ModelVersion>(*w.seen.versions[0]);
  v->spec.artifact.format = "onnx";
  w.seen.versions[0] = v;
  w.settle();
  EXPECT_EQ(reason_of(w, "Accepted"), "NoRuntime");
  EXPECT_NE(w.status().message.find("lightgbm, mlflow, sklearn, xgboost"), std::string::npos) << w.status().message;
}

TEST(Plan, AWeightThatCountsCannotGiveIsRefused) {
  World w;
  w.add_version(1);
  w.seen.service.spec.rollout.steps = {{10, "1m"}, {100}};
  w.settle();
  EXPECT_EQ(reason_of(w, "Accepted"), "WeightUnreachable");
  EXPECT_NE(w.status().message.find("3 replicas would do"), std::string::npos) << w.status().message;
}

TEST(Plan, AnInvalidSpecMovesNothing) {
  World w;
  w.add_version(1);
  ASSERT_TRUE(w.run_to_settled());
  const std::string entry = w.entry();
  w.seen.service.spec.rollout.steps = {{60}, {50}};
  w.add_version(2);
  w.settle();
  EXPECT_EQ(w.status().phase, "Invalid");
  EXPECT_EQ(w.entry(), entry);
  EXPECT_EQ(w.seen.deployments.size(), 1U);
}

TEST(Plan, AForeignEntryStopsBeforeAnythingIsHalfMade) {
  World w;
  w.add_version(1);
  w.seen.refusals = {{.verb = plan::Refusal::Verb::Apply,
                      .kind = &kube::resources::kService,
                      .name = "churn-predict",
                      .code = 409,
                      .message = "Service churn-predict belongs to somebody else",
                      .at = w.seen.now,
                      .taken = true}};
  const auto planned = plan(w.seen, {});
  ASSERT_EQ(planned.children.size(), 2U);
  EXPECT_EQ(planned.children[0].needs, (plan::Needed{&kube::resources::kService, "churn-predict"}));
  EXPECT_EQ(planned.children[1].needs, (plan::Needed{planned.children[0].kind, planned.children[0].name}));
  EXPECT_EQ(planned.status->phase, "Invalid");
  const auto* stalled = kube::find(planned.status->conditions, "Stalled");
  EXPECT_EQ(stalled->reason, "NameTaken");
}

TEST(Plan, AnUpgradeOfTheRuntimeRestartsNothing) {
  World w;
  w.add_version(1);
  ASSERT_TRUE(w.run_to_settled());
  auto frozen = std::make_shared<kube::ControllerRevision>(*w.seen.revisions[0]);
  // What an older release rendered: other image, same causes.
  const auto at = frozen->data.bytes.find("1.7.1");
  ASSERT_NE(at, std::string::npos);
  frozen->data.bytes.replace(at, 5, "1.6.0");
  w.seen.revisions[0] = frozen;
  w.settle();
  EXPECT_FALSE(w.status().canary);
  EXPECT_EQ(w.status().phase, "Serving");
}

TEST(Plan, FarMoreRevisionsThanTenAreNotKept) {
  World w;
  w.seen.service.spec.rollout.bake = {};
  for (int i = 1; i <= 14; ++i) {
    w.add_version(i);
    ASSERT_TRUE(w.run_to_settled()) << i;
  }
  EXPECT_EQ(w.status().stable->version, "churn-v14");
  EXPECT_LE(w.seen.revisions.size(), 10U);
}

}  // namespace
}  // namespace millrace::inference_service
