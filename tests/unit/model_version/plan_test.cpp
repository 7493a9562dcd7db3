// What a ModelVersion wants and says, situation by situation.
#include <gtest/gtest.h>

#include "model_version/verdicts.h"
#include "unit/model_version/world.h"

namespace millrace::model_version {
namespace {

TEST(ModelVersionPlan, AVersionOfARunIsReadyWhenItsGatesPass) {
  const auto plan = model_version::plan(by_run("0.95"), {});
  EXPECT_EQ(plan.status->phase, "Ready");
  EXPECT_EQ(plan.status->result, "Ready");
  EXPECT_EQ(plan.status->origin, "Run");
  EXPECT_EQ(status_of(plan, "Settled"), "True");
  EXPECT_TRUE(plan.children.empty());
  EXPECT_TRUE(plan.questions.empty()) << "at rest nothing is asked";
}

TEST(ModelVersionPlan, AMetricBelowItsGateRejectsWithTheNumbers) {
  const auto plan = model_version::plan(by_run("0.85"), {});
  EXPECT_EQ(plan.status->phase, "Rejected");
  EXPECT_EQ(plan.status->message, "accuracy 0.85 must be at least 0.90");
  EXPECT_EQ(status_of(plan, "Stalled"), "True");
  EXPECT_EQ(plan.status->result, "Rejected");
}

TEST(ModelVersionPlan, AMissingMetricRejects) {
  Observed seen = by_run("0.95");
  seen.version.spec.metrics.clear();
  EXPECT_EQ(model_version::plan(seen, {}).status->gates.at(0).verdict, "MissingMetric");
}

TEST(ModelVersionPlan, TypedInMetricsCountForNoGate) {
  Observed seen = by_run("0.95");
  seen.version.spec.provenance.reset();
  seen.version.status.conditions = {{.type = "Verified", .status = "True", .reason = "Verified"}};
  const auto plan = model_version::plan(seen, {});
  EXPECT_EQ(plan.status->phase, "Rejected");
  EXPECT_EQ(plan.status->gates.at(0).verdict, "NotMeasured");
  EXPECT_TRUE(plan.questions.empty()) << "its bytes were verified before";
}

TEST(ModelVersionPlan, ByHandFirstAsksForTheClaim) {
  const auto plan = model_version::plan(by_hand(), {});
  ASSERT_EQ(plan.questions.size(), 1u);
  EXPECT_EQ(std::get<plan::ObjectByName>(plan.questions[0].what).name, "models");
  EXPECT_TRUE(plan.children.empty());
}

TEST(ModelVersionPlan, AnAbsentClaimIsToldAndNothingIsMade) {
  Observed seen = by_hand();
  seen.facts = {claim_fact(false)};
  const auto plan = model_version::plan(seen, {});
  EXPECT_EQ(kube::find(plan.status->conditions, "Accepted")->reason, "ClaimNotFound");
  EXPECT_EQ(plan.status->phase, "Pending");
  EXPECT_TRUE(plan.children.empty());
  ASSERT_EQ(plan.questions.size(), 1u);
  EXPECT_GT(plan.questions[0].at, kNow);
}

TEST(ModelVersionPlan, WithItsClaimThereAVerifyJobIsMade) {
  Observed seen = by_hand();
  seen.facts = {claim_fact(true)};
  const auto plan = model_version::plan(seen, {});
  ASSERT_EQ(plan.children.size(), 1u);
  EXPECT_EQ(plan.children[0].name, "churn-v1-verify-1");
  EXPECT_EQ(plan.status->phase, "Verifying");
}

TEST(ModelVersionPlan, ACompleteJobVerifies) {
  Observed seen = by_hand();
  seen.jobs = {verify_of(seen, 1)};
  seen.jobs[0].status.conditions = {{.type = "Complete", .status = "True"}};
  const auto plan = model_version::plan(seen, {});
  EXPECT_EQ(plan.status->phase, "Ready");
  EXPECT_EQ(plan.status->origin, "Manual");
  EXPECT_EQ(status_of(plan, "Verified"), "True");
}

TEST(ModelVersionPlan, OtherBytesReject) {
  Observed seen = by_hand();
  seen.jobs = {verify_of(seen, 1)};
  seen.jobs[0].status.conditions = {{.type = "Failed", .status = "True", .last_transition = kNow}};
  kube::Pod pod;
  pod.meta = {.name = "p", .ns = "shop", .uid = "p1"};
  pod.meta.owners = {{.kind = "Job", .name = seen.jobs[0].meta.name, .uid = "j1", .controller = true}};
  pod.status.phase = "Failed";
  kube::ContainerStatus container{.name = "verify"};
  const std::string message = R"({"v":1,"error":{"reason":"DigestMismatch","source":"","message":"the bytes are others"}})";
  container.state.terminated = kube::ContainerTerminated{.exit_code = 10, .reason = "Error", .message = message, .finished_at = kNow};
  pod.status.containers = {container};
  seen.pods = {std::make_shared<const kube::Pod>(pod)};
  const auto plan = model_version::plan(seen, {});
  EXPECT_EQ(plan.status->phase, "Rejected");
  EXPECT_NE(plan.status->message.find("the bytes are others"), std::string::npos) << plan.status->message;
}

TEST(ModelVersionPlan, AFailureWithoutAWordIsTriedAgainLater) {
  Observed seen = by_hand();
  seen.jobs = {verify_of(seen, 1)};
  seen.jobs[0].status.conditions = {{.type = "Failed", .status = "True", .last_transition = kNow}};
  const auto plan = model_version::plan(seen, {});
  EXPECT_EQ(plan.status->phase, "Verifying");
  ASSERT_TRUE(plan.wake.has_value());
  seen.now = *plan.wake;
  const auto later = model_version::plan(seen, {});
  ASSERT_EQ(later.children.size(), 1u);
  EXPECT_EQ(later.children[0].name, "churn-v1-verify-2");
  EXPECT_NE(later.status->message, "");
}

TEST(ModelVersionPlan, ASilentVerifyPodIsLookedAtAndAskedAboutAgain) {
  Observed seen = by_hand();
  seen.jobs = {verify_of(seen, 1)};
  auto pod = std::make_shared<kube::Pod>();
  pod->meta = {.name = "p", .ns = "shop", .uid = "p1", .created = kNow};
  pod->meta.owners = {{.kind = "Job", .name = seen.jobs[0].meta.name, .uid = "j1", .controller = true}};
  pod->spec.node_name = "node-1";
  pod->status.phase = "Pending";
  seen.pods = {pod};
  EXPECT_EQ(model_version::plan(seen, {}).wake, kNow + seconds(30));
  seen.now = kNow + seconds(30);
  const auto asks = model_version::plan(seen, {});
  ASSERT_EQ(asks.questions.size(), 1u);
  EXPECT_EQ(asks.wake, kNow + seconds(90)) << "an answer may change while nothing moves";
  seen.facts = {{asks.questions[0], plan::Sentence{"FailedMount", "claim models is not mounted yet"}, seen.now}};
  EXPECT_EQ(model_version::plan(seen, {}).status->message, "claim models is not mounted yet");
  seen.facts[0].answer = plan::Sentence{"FailedScheduling", "0/1 nodes are available"};
  EXPECT_NE(model_version::plan(seen, {}).status->message, "0/1 nodes are available") << "it has its node";
}

TEST(ModelVersionPlan, TheClaimIsKnownAsLongAsThereIsNoJob) {
  Observed seen = by_hand();
  seen.facts = {claim_fact(true)};
  const auto plan = model_version::plan(seen, {});
  ASSERT_EQ(plan.questions.size(), 1u) << "who asks no longer knows no longer";
  EXPECT_EQ(plan.questions[0].at, kNow) << "and is not asked anew";
}

TEST(ModelVersionPlan, AJobRefusedAsInvalidSettles) {
  Observed seen = by_hand();
  seen.facts = {claim_fact(true)};
  seen.refusals = {{.kind = &kube::resources::kJob,
                    .name = "churn-v1-verify-1",
                    .code = 409,
                    .message = "Job churn-v1-verify-1 exists already and is controlled by CronJob x",
                    .at = kNow,
                    .taken = true}};
  const auto plan = model_version::plan(seen, {});
  EXPECT_EQ(plan.status->result, "Invalid");
  EXPECT_EQ(plan.status->settled.result, "Invalid");
  EXPECT_EQ(status_of(plan, "Settled"), "True");
}

TEST(ModelVersionPlan, TheColumnHoldsSixDigits) {
  EXPECT_EQ(model_version::plan(by_run("0.9298245614035088"), {}).status->score, "accuracy 0.929825");
  EXPECT_EQ(model_version::plan(by_run("0.95"), {}).status->score, "accuracy 0.95");
}

TEST(ModelVersionPlan, AFollowerKeepsItOpenUntilItHasEnded) {
  Observed seen = by_run("0.95");
  seen.services = {{.name = "web", .follows = true, .role = "Canary"}};
  EXPECT_EQ(status_of(model_version::plan(seen, {}), "Settled"), "False");
  seen.services[0] = {.name = "web", .follows = true, .role = "Stable", .verdict = "Good", .revision = "r1", .since = kNow};
  const auto plan = model_version::plan(seen, {});
  EXPECT_EQ(plan.status->result, "Promoted");
  EXPECT_EQ(plan.status->verdict, "Good");
}

TEST(ModelVersionPlan, AVerdictOutlivesItsServiceAndItsStatus) {
  Observed seen = by_run("0.95");
  seen.services = {{.name = "web", .follows = true, .verdict = "Bad", .revision = "r1", .evidence = "Crashed", .since = kNow}};
  const auto first = model_version::plan(seen, {});
  EXPECT_EQ(first.status->result, "RolledBack");
  ASSERT_EQ(first.children.size(), 1u);
  EXPECT_EQ(first.children[0].kind, &kube::resources::kModelVersion);
  const std::string annotation = first.children[0].own_annotations.at(std::string(kVerdictAnnotation));
  EXPECT_EQ(annotation, "web=Bad@2026-05-01T12:00:00Z#r1");
  seen.services.clear();
  seen.version.status = {};
  seen.version.meta.annotations = {{std::string(kVerdictAnnotation), annotation}};
  const auto again = model_version::plan(seen, {});
  EXPECT_EQ(again.status->verdict, "Bad");
  EXPECT_TRUE(again.children.empty());
}

TEST(ModelVersionPlan, IsQuietOnItsOwnResult) {
  for (Observed seen : {by_run("0.95"), by_run("0.1"), by_hand()}) {
    seen.facts = {claim_fact(false)};
    const auto first = model_version::plan(seen, {});
    seen.version.status = *first.status;
    const auto second = model_version::plan(seen, {});
    EXPECT_EQ(*second.status, *first.status) << first.status->phase;
    seen.now += seconds(20);
    EXPECT_EQ(*model_version::plan(seen, {}).status, *first.status) << first.status->phase;
  }
}

TEST(ModelVersionPlan, ABrokenSpecIsToldWithPathAndValue) {
  Observed seen = by_hand();
  seen.version.spec.artifact.digest = "md5:1";
  const auto plan = model_version::plan(seen, {});
  EXPECT_EQ(plan.status->result, "Invalid");
  EXPECT_NE(plan.status->message.find("spec.artifact.digest"), std::string::npos);
  EXPECT_NE(plan.status->message.find("md5:1"), std::string::npos);
}

TEST(ModelVersionVerdicts, NonsenseInTheAnnotationIsDropped) {
  EXPECT_TRUE(parse_verdicts("").empty());
  EXPECT_TRUE(parse_verdicts("a=;=b@;web=Fine@2026-05-01T12:00:00Z#r;web=Good@yesterday#r").empty());
  EXPECT_EQ(parse_verdicts(" web=Good@2026-05-01T12:00:00Z#r1 ").size(), 1u);
}

}  // namespace
}  // namespace millrace::model_version
