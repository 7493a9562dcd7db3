// What becomes of a version that is deleted: whom it waits for, what it deletes, what it tells.
#include <gtest/gtest.h>

#include "model_version/children.h"
#include "model_version/leaving.h"
#include "unit/model_version/world.h"

namespace millrace::model_version {
namespace {

using Held = std::vector<plan::Finalizer>;
const std::string kUse(kInUseFinalizer), kBytes(kArtifactFinalizer);

Observed deleted(DeletionPolicy policy = DeletionPolicy::Retain) {
  Observed out = by_run("0.95");
  out.version.spec.artifact.uri = "s3://models/churn/sha256/aa";
  out.version.spec.deletion_policy = policy;
  out.version.meta.deletion = kNow - seconds(30);
  out.version.meta.generation = 2;
  out.version.meta.finalizers = {kUse, "example.org/theirs"};
  if (policy == DeletionPolicy::Delete) out.version.meta.finalizers.push_back(kBytes);
  out.version.status = {.phase = "Ready", .result = "Promoted", .settled = {.result = "Promoted"}};
  return out;
}

ServiceFact user(const char* name, const char* holds) { return {.name = name, .holds = holds}; }

kube::Job delete_of(std::int64_t number, const char* condition) {
  kube::Job out;
  out.meta = {.name = "j", .ns = "shop", .uid = "j" + std::to_string(number)};
  out.meta.labels = {{std::string(shared::kDeleteLabel), std::to_string(number)}};
  if (*condition != 0) out.status.conditions = {{.type = condition, .status = "True", .last_transition = kNow, .message = "it ended"}};
  return out;
}

std::string reason_of(const plan::Plan<Status>& plan) { return kube::find(plan.status->conditions, "Ready")->reason; }

TEST(Finalizers, StandWhileAServiceUsesTheVersionOrItsBytesGoWithIt) {
  Observed seen = by_run("0.95");
  EXPECT_EQ(plan(seen, {}).finalizers, (Held{{kUse, false}, {kBytes, false}}));
  seen.services = {user("other", ""), user("churn", "LastGood")};
  EXPECT_EQ(plan(seen, {}).finalizers, (Held{{kUse, true}, {kBytes, false}}));
  seen.services = {user("churn", "Unknown")};
  EXPECT_EQ(plan(seen, {}).finalizers, (Held{{kUse, false}, {kBytes, false}})) << "a new service uses nothing yet";
  seen.version.meta.finalizers = {kUse};
  EXPECT_EQ(plan(seen, {}).finalizers, (Held{{kUse, true}, {kBytes, false}})) << "a status that is lost tells nothing";
  seen.services.clear();
  seen.version.spec.deletion_policy = DeletionPolicy::Delete;
  EXPECT_EQ(plan(seen, {}).finalizers, (Held{{kUse, false}, {kBytes, true}}));
}

TEST(Leaving, ADeletionWaitsForTheServicesAndNamesThem) {
  for (const DeletionPolicy policy : {DeletionPolicy::Retain, DeletionPolicy::Delete}) {
    Observed seen = deleted(policy);
    seen.services = {user("churn", "Stable"), user("other", ""), user("shop", "LastGood")};
    const auto out = plan(seen, {});
    EXPECT_EQ(out.finalizers, (Held{{kUse, true}, {kBytes, policy == DeletionPolicy::Delete}}));
    EXPECT_EQ(reason_of(out), "InUse");
    EXPECT_EQ(status_of(out, "Ready"), "False");
    EXPECT_EQ(status_of(out, "Settled"), "False");
    EXPECT_EQ(out.status->message, "its deletion waits: InferenceService churn has it as Stable; InferenceService shop has it as LastGood");
    EXPECT_EQ(out.status->phase, "Ready") << "who serves it goes on";
    EXPECT_TRUE(out.children.empty());
  }
}

TEST(Leaving, UnusedItGoesWithoutAWord) {
  const auto out = plan(deleted(), {});
  EXPECT_EQ(out.finalizers, (Held{{kUse, false}, {kBytes, false}}));
  EXPECT_FALSE(out.status);
  Observed seen = deleted();
  seen.version.meta.finalizers = {"example.org/theirs"};
  EXPECT_EQ(plan(seen, {}), plan::Plan<Status>{}) << "what others hold is none of ours";
}

TEST(Leaving, ItsBytesGoFirst) {
  Observed seen = deleted(DeletionPolicy::Delete);
  auto out = plan(seen, {});
  ASSERT_EQ(out.children.size(), 1U);
  EXPECT_EQ(out.children[0].name, "churn-v1-delete-u1-1");
  EXPECT_EQ(out.children[0].desired.at({"metadata", "ownerReferences"}), nullptr) << "a deletion in the foreground leaves it alone";
  EXPECT_EQ(out.finalizers, (Held{{kUse, false}, {kBytes, true}}));
  EXPECT_EQ(reason_of(out), "Deleting");
  seen.deletes = {delete_of(1, "")};
  EXPECT_EQ(plan(seen, {}).finalizers, (Held{{kUse, false}, {kBytes, true}}));
  seen.deletes = {delete_of(1, "Complete")};
  out = plan(seen, {});
  EXPECT_EQ(out.finalizers, (Held{{kUse, false}, {kBytes, false}}));
  EXPECT_EQ(reason_of(out), "Deleted");
  EXPECT_TRUE(out.children.empty());
}

TEST(Leaving, SharedBytesStay) {
  Observed seen = deleted(DeletionPolicy::Delete);
  seen.sharing = "churn-v9";
  const auto out = plan(seen, {});
  EXPECT_TRUE(out.children.empty());
  EXPECT_EQ(out.finalizers, (Held{{kUse, false}, {kBytes, false}}));
  EXPECT_EQ(reason_of(out), "BytesKept");
  EXPECT_NE(out.status->message.find("churn-v9"), std::string::npos);
}

TEST(Leaving, RetainedAfterAllItKeepsItsBytes) {
  Observed seen = deleted(DeletionPolicy::Delete);
  seen.version.spec.deletion_policy = DeletionPolicy::Retain;
  const auto out = plan(seen, {});
  EXPECT_TRUE(out.children.empty());
  EXPECT_EQ(out.finalizers, (Held{{kUse, false}, {kBytes, false}}));
}

TEST(Leaving, AFailedJobIsFollowedByAnotherUntilTheTenth) {
  Observed seen = deleted(DeletionPolicy::Delete);
  seen.deletes = {delete_of(1, "Failed")};
  auto out = plan(seen, {});
  EXPECT_EQ(reason_of(out), "DeleteFailed");
  ASSERT_TRUE(out.wake);
  seen.now = *out.wake;
  EXPECT_EQ(plan(seen, {}).children.at(0).name, "churn-v1-delete-u1-2");
  seen.deletes = {delete_of(10, "Failed")};
  out = plan(seen, {});
  EXPECT_EQ(reason_of(out), "BytesLeft");
  EXPECT_EQ(out.status->message, "the bytes stay at s3://models/churn/sha256/aa: it ended");
  EXPECT_EQ(out.finalizers, (Held{{kUse, false}, {kBytes, false}}));
}

TEST(Leaving, WhereNoJobCanBeMadeItGoesAndNamesItsBytes) {
  Observed seen = deleted(DeletionPolicy::Delete);
  plan::Refusal no{.kind = &kube::resources::kJob, .name = "churn-v1-delete-u1-1", .code = 403, .reason = "Forbidden", .at = kNow};
  no.message = "jobs is forbidden: exceeded quota: tight";
  seen.refusals = {no};
  auto out = plan(seen, {});
  EXPECT_EQ(reason_of(out), "QuotaExceeded");
  EXPECT_EQ(out.children.size(), 1U) << "it is tried again";
  seen.refusals[0].times = 10;
  EXPECT_EQ(reason_of(plan(seen, {})), "BytesLeft");
  no.message = R"(jobs.batch "x" is forbidden: unable to create new content in namespace shop because it is being terminated)";
  seen.refusals = {no};
  out = plan(seen, {});
  EXPECT_EQ(reason_of(out), "BytesLeft");
  EXPECT_TRUE(out.children.empty()) << "a lane that fails would keep the finalizer";
  EXPECT_EQ(out.finalizers, (Held{{kUse, false}, {kBytes, false}}));
}

TEST(Leaving, AClaimThatIsGoneTookTheBytesWithIt) {
  Observed seen = deleted(DeletionPolicy::Delete);
  seen.version.spec.artifact.uri = "pvc://models/churn";
  EXPECT_TRUE(plan(seen, {}).children.empty()) << "the claim is asked for first";
  seen.facts = {claim_fact(true)};
  EXPECT_EQ(plan(seen, {}).children.size(), 1U);
  seen.facts = {claim_fact(false)};
  const auto out = plan(seen, {});
  EXPECT_EQ(reason_of(out), "Deleted");
  EXPECT_EQ(out.finalizers, (Held{{kUse, false}, {kBytes, false}}));
}

}  // namespace
}  // namespace millrace::model_version
