#include <gtest/gtest.h>

#include "engine/pass.h"

namespace millrace::engine {
namespace {

using How = plan::Write::How;
using plan::Lane;

const core::Now kNow{.wall = core::Instant{std::chrono::seconds(1'000)}, .mono = core::Ticks{1'000}};
const kube::ObjectMeta kParent{.name = "churn", .ns = "ml", .uid = "p1", .resource_version = "10"};
core::Result<kube::Response> answer(int status, std::string body = "{}") {
  return kube::Response{.status = status, .body = std::move(body)};
}
std::string parent(const char* uid, const char* version) {
  return R"({"metadata":{"name":"churn","namespace":"ml","uid":")" + std::string(uid) + R"(","resourceVersion":")" + version + R"("}})";
}
std::string child(const char* owner) {
  const std::string owners = *owner == 0 ? ""
                                         : R"(,"ownerReferences":[{"apiVersion":"v1","kind":"InferenceService","name":"other","uid":")" +
                                               std::string(owner) + R"(","controller":true}])";
  return R"({"metadata":{"name":"x","namespace":"ml","uid":"u1","resourceVersion":"7")" + owners + "}}";
}
std::string status(int code, const char* reason, const char* cause = nullptr) {
  const std::string details = cause == nullptr ? "" : R"(,"details":{"causes":[{"field":")" + std::string(cause) + R"("}]})";
  return R"({"kind":"Status","status":"Failure","message":"no","code":)" + std::to_string(code) + R"(,"reason":")" + reason + "\"" +
         details + "}";
}
Step step(Lane lane, How how, bool held = false) {
  plan::Write write{.lane = lane,
                    .how = how,
                    .kind = &kube::resources::kDeployment,
                    .name = "x",
                    .body = json::Object{{"metadata", json::Object{{"ownerReferences", json::Array{}}}}},
                    .hash = "h"};
  if (how != How::Create && how != How::Apply) write.uid = "u1", write.resource_version = "7";
  if (how == How::Status)
    write = {.lane = lane,
             .how = how,
             .kind = &kube::resources::kInferenceService,
             .name = "churn",
             .uid = "p1",
             .resource_version = "10",
             .body = json::Object{{"phase", "P"}, {"big", 1}}};
  if (how == How::Scale) write.body = 3;
  return {.write = std::move(write), .held = held};
}
Pass pass(std::vector<Step> steps) { return {&kube::resources::kInferenceService, kParent, std::move(steps)}; }
template <class T>
const T* effect(const Pass::Wants& w) {
  for (const Effect& e : w.effects) {
    if (const T* found = std::get_if<T>(&e)) return found;
  }
  return nullptr;
}

TEST(Pass, WithoutWritesNothingIsAsked) {
  const auto out = pass({}).begin(kNow);
  EXPECT_FALSE(out.call);
  EXPECT_EQ(out.end, Pass::End::Done);
}

TEST(Pass, TheStatusIsTheFence) {
  Pass p = pass({step(Lane::Status, How::Status), step(Lane::Children, How::Create)});
  auto out = p.begin(kNow);
  EXPECT_EQ(out.call->method, "PUT");
  EXPECT_NE(out.call->body.find(R"("resourceVersion":"10")"), std::string::npos);
  out = p.answered(answer(200, parent("p1", "11")), kNow);
  EXPECT_TRUE(effect<StatusWritten>(out));
  EXPECT_EQ(out.call->method, "POST");  // no read in between
  out = p.answered(answer(201, child("p1")), kNow);
  EXPECT_TRUE(effect<Stored>(out));
  EXPECT_EQ(out.end, Pass::End::Done);
  EXPECT_EQ(p.log(), (std::vector<std::string>{"status", "create Deployment/x"}));
}

TEST(Pass, WithoutAStatusOneLiveReadOfTheParentIsTheFence) {
  struct Row {
    core::Result<kube::Response> live;
    bool goes_on;
    std::optional<Pass::End> end;
  };
  const Row rows[] = {{answer(200, parent("p1", "10")), true, {}},
                      {answer(200, parent("p1", "11")), false, Pass::End::LookAgain},
                      {answer(200, parent("p2", "10")), false, Pass::End::LookAgain},
                      {answer(404, status(404, "NotFound")), false, Pass::End::Done},
                      {answer(503, status(503, "ServiceUnavailable")), false, Pass::End::Retry},
                      {core::Error{core::ErrorCode::Unavailable, "down"}, false, Pass::End::Retry}};
  for (const Row& row : rows) {
    Pass p = pass({step(Lane::Children, How::Create), step(Lane::Children, How::Scale)});
    EXPECT_EQ(p.begin(kNow).call->method, "GET");
    const auto out = p.answered(row.live, kNow);
    EXPECT_EQ(out.call.has_value(), row.goes_on);
    EXPECT_EQ(out.end, row.end);
  }
}

TEST(Pass, AConflictOfTheStatusReadsTheObjectAndPlansAgain) {
  Pass p = pass({step(Lane::Status, How::Status), step(Lane::Children, How::Create)});
  (void)p.begin(kNow);
  auto out = p.answered(answer(409, status(409, "Conflict")), kNow);
  EXPECT_EQ(out.call->method, "GET");
  out = p.answered(answer(200, parent("p1", "12")), kNow);
  EXPECT_TRUE(effect<Stored>(out));
  EXPECT_TRUE(out.fence_conflict);
  EXPECT_EQ(out.end, Pass::End::LookAgain);
}

TEST(Pass, ARefusedStatusIsTriedOnceReducedThenEndsThePass) {
  Pass p = pass({step(Lane::Status, How::Status), step(Lane::Traffic, How::Force)});
  (void)p.begin(kNow);
  auto out = p.answered(answer(422, status(422, "Invalid")), kNow);
  ASSERT_TRUE(out.call);
  EXPECT_EQ(out.call->body.find("big"), std::string::npos);
  out = p.answered(answer(422, status(422, "Invalid")), kNow);
  EXPECT_EQ(out.end, Pass::End::Retry);
}

// Each of three needs the one before it, the last one nobody.
TEST(Pass, WhoNeedsAChildThatFailsIsNotWritten) {
  const auto named = [](Lane lane, const char* name, const char* needed, bool held = false) {
    Step out = step(lane, How::Create, held);
    out.write.name = name;
    if (needed != nullptr) out.write.needs = {&kube::resources::kDeployment, needed};
    return out;
  };
  const auto steps = [&](bool held) {
    return std::vector<Step>{named(Lane::Traffic, "entry", nullptr, held), named(Lane::Children, "a", "entry"),
                             named(Lane::Children, "b", "a"), named(Lane::Children, "c", nullptr)};
  };
  Pass refused = pass(steps(false));
  refused.begin(kNow);
  auto out = refused.answered(answer(200, parent("p1", "10")), kNow);
  out = refused.answered(answer(403, status(403, "Forbidden")), kNow);
  out = refused.answered(answer(201, child("p1")), kNow);
  EXPECT_EQ(out.end, Pass::End::Done);
  EXPECT_EQ(refused.log(), (std::vector<std::string>{"create Deployment/entry: 403 no", "create Deployment/c"}));

  Pass held = pass(steps(true));
  held.begin(kNow);
  held.answered(answer(200, parent("p1", "10")), kNow);
  held.answered(answer(201, child("p1")), kNow);
  EXPECT_EQ(held.log(), (std::vector<std::string>{"create Deployment/c"}));

  Pass well = pass(steps(false));
  well.begin(kNow);
  well.answered(answer(200, parent("p1", "10")), kNow);
  for (int i = 0; i < 4; ++i) well.answered(answer(201, child("p1")), kNow);
  EXPECT_EQ(well.log().size(), 4U);
}

Step finalize(Lane lane, json::Array names) {
  Step out = step(Lane::Status, How::Status);
  out.write.lane = lane;
  out.write.how = How::Finalize;
  out.write.body = json::Object{{"metadata", json::Object{{"finalizers", std::move(names)}}}};
  return out;
}
std::string held(const char* version, const char* finalizers, bool deleting) {
  return R"({"metadata":{"name":"churn","namespace":"ml","uid":"p1","resourceVersion":")" + std::string(version) + R"(","finalizers":)" +
         finalizers + (deleting ? R"(,"deletionTimestamp":"2026-01-01T00:00:00Z")" : "") + "}}";
}

TEST(Pass, FinalizersComeFirstAndCarryTheFenceAndGoLast) {
  Pass p =
      pass({finalize(Lane::Hold, {"a"}), step(Lane::Status, How::Status), step(Lane::Children, How::Create), finalize(Lane::Release, {})});
  auto out = p.begin(kNow);
  EXPECT_EQ(out.call->method, "PATCH");
  EXPECT_EQ(out.call->body, R"({"metadata":{"finalizers":["a"],"resourceVersion":"10","uid":"p1"}})");
  out = p.answered(answer(200, held("11", R"(["a"])", false)), kNow);
  EXPECT_TRUE(effect<Stored>(out));
  EXPECT_NE(out.call->body.find(R"("resourceVersion":"11")"), std::string::npos) << "the status follows the version that it moved";
  out = p.answered(answer(200, parent("p1", "12")), kNow);
  EXPECT_EQ(out.call->method, "POST") << "no read in between";
  out = p.answered(answer(201, child("p1")), kNow);
  EXPECT_EQ(out.call->body, R"({"metadata":{"finalizers":[],"resourceVersion":"12","uid":"p1"}})");
  out = p.answered(answer(200, held("13", "[]", true)), kNow);
  const auto* gone = effect<Removed>(out);
  ASSERT_TRUE(gone) << "the last of an object that is being deleted";
  EXPECT_EQ(gone->uid, "p1");
  EXPECT_EQ(out.end, Pass::End::Done);
  EXPECT_EQ(p.log(), (std::vector<std::string>{"finalizers", "status", "create Deployment/x", "finalizers"}));
}

TEST(Pass, AReleasedObjectThatOthersHoldStays) {
  Pass p = pass({finalize(Lane::Release, {"x"})});
  EXPECT_EQ(p.begin(kNow).call->method, "GET") << "alone, it is fenced by a read";
  auto out = p.answered(answer(200, parent("p1", "10")), kNow);
  EXPECT_EQ(out.call->method, "PATCH");
  out = p.answered(answer(200, held("11", R"(["x"])", true)), kNow);
  EXPECT_TRUE(effect<Stored>(out));
  EXPECT_FALSE(effect<Removed>(out));
}

TEST(Pass, WithoutItsHoldNothingIsDoneButToldAndAConflictLooksAgain) {
  const auto hold = [] { return pass({finalize(Lane::Hold, {"a"}), step(Lane::Status, How::Status), step(Lane::Children, How::Create)}); };
  Pass refused = hold();
  (void)refused.begin(kNow);
  auto out = refused.answered(answer(403, status(403, "Forbidden")), kNow);
  ASSERT_TRUE(effect<Refused>(out));
  EXPECT_EQ(effect<Refused>(out)->refusal.verb, plan::Refusal::Verb::Finalize);
  EXPECT_EQ(effect<Refused>(out)->refusal.name, "churn");
  EXPECT_EQ(out.call->method, "PUT");
  EXPECT_EQ(refused.answered(answer(200, parent("p1", "11")), kNow).end, Pass::End::Done);

  Pass conflict = hold();
  (void)conflict.begin(kNow);
  EXPECT_EQ(conflict.answered(answer(409, status(409, "Conflict")), kNow).call->method, "GET");
  EXPECT_EQ(conflict.answered(answer(200, parent("p1", "12")), kNow).end, Pass::End::LookAgain);

  Pass gone = hold();
  (void)gone.begin(kNow);
  out = gone.answered(answer(404, status(404, "NotFound")), kNow);
  EXPECT_TRUE(effect<Removed>(out));
  EXPECT_EQ(out.end, Pass::End::Done);
}

TEST(Pass, AFailureBeforeItKeepsTheRelease) {
  Pass p = pass({step(Lane::Status, How::Status), step(Lane::Children, How::Create), finalize(Lane::Release, {})});
  (void)p.begin(kNow);
  (void)p.answered(answer(200, parent("p1", "11")), kNow);
  const auto out = p.answered(answer(403, status(403, "Forbidden")), kNow);
  EXPECT_FALSE(out.call);
  EXPECT_EQ(out.end, Pass::End::Done);
}

TEST(Pass, AMergedStatusIsAPatchWithTheVersionAndNamesNothingElse) {
  Step merge = step(Lane::Status, How::Status);
  merge.write.how = How::MergeStatus;
  Pass p = pass({merge, step(Lane::Children, How::Create)});
  auto out = p.begin(kNow);
  EXPECT_EQ(out.call->method, "PATCH");
  EXPECT_NE(out.call->path.find("/inferenceservices/churn/status"), std::string::npos);
  EXPECT_EQ(out.call->content_type, "application/merge-patch+json");
  EXPECT_EQ(out.call->body, R"({"metadata":{"resourceVersion":"10","uid":"p1"},"status":{"big":1,"phase":"P"}})");
  Pass again = p;
  out = p.answered(answer(200, parent("p1", "11")), kNow);
  EXPECT_TRUE(effect<StatusWritten>(out));
  EXPECT_EQ(out.call->method, "POST");  // it was the fence
  out = again.answered(answer(422, status(422, "Invalid")), kNow);
  EXPECT_EQ(out.call->body, R"({"metadata":{"resourceVersion":"10","uid":"p1"},"status":{"phase":"P"}})");
}

TEST(Pass, ARefusalEndsItsLaneAndHoldsBackDeletes) {
  Pass p = pass({step(Lane::Status, How::Status), step(Lane::Traffic, How::Force), step(Lane::Children, How::Create),
                 step(Lane::Delete, How::Delete)});
  (void)p.begin(kNow);
  (void)p.answered(answer(200, parent("p1", "11")), kNow);
  auto out = p.answered(answer(403, status(403, "Forbidden")), kNow);
  ASSERT_TRUE(effect<Refused>(out));
  EXPECT_EQ(effect<Refused>(out)->refusal.message, "no");
  EXPECT_EQ(out.call->method, "POST");  // children go on
  out = p.answered(answer(201, child("p1")), kNow);
  EXPECT_FALSE(out.call);  // the delete does not
  EXPECT_EQ(out.end, Pass::End::Done);
}

TEST(Pass, WhatIsHeldBackIsNotSentAndCountsAsFailed) {
  Pass p = pass({step(Lane::Traffic, How::Force, true), step(Lane::Delete, How::Delete)});
  const auto out = p.begin(kNow);
  EXPECT_FALSE(out.call);
  EXPECT_TRUE(out.effects.empty());
  EXPECT_EQ(out.end, Pass::End::Done);
}

TEST(Pass, FirstContactByApplyNeverTouchesWhatIsThere) {
  Pass p = pass({step(Lane::Status, How::Status), step(Lane::Traffic, How::Apply)});
  (void)p.begin(kNow);
  const auto out = p.answered(answer(200, parent("p1", "11")), kNow);
  ASSERT_TRUE(out.call);
  EXPECT_EQ(out.call->method, "PATCH");
  EXPECT_EQ(out.call->path.find("force"), std::string::npos);
  EXPECT_NE(out.call->body.find(R"("resourceVersion":"1")"), std::string::npos);
}

TEST(Pass, WhereTheNameIsThereOneReadTellsWhoseItIs) {
  for (const How how : {How::Create, How::Apply}) {
    for (const char* owner : {"p1", "p2", ""}) {
      Pass p = pass({step(Lane::Status, How::Status), step(Lane::Children, how)});
      (void)p.begin(kNow);
      (void)p.answered(answer(200, parent("p1", "11")), kNow);
      auto out = p.answered(answer(409, status(409, how == How::Create ? "AlreadyExists" : "Conflict")), kNow);
      EXPECT_EQ(out.call->method, "GET");
      out = p.answered(answer(200, child(owner)), kNow);
      const bool ours = std::string(owner) == "p1";
      EXPECT_EQ(effect<Stored>(out) != nullptr, ours);
      EXPECT_EQ(out.end, ours ? Pass::End::LookAgain : Pass::End::Done);
      if (!ours) {
        ASSERT_TRUE(effect<Refused>(out));
        EXPECT_TRUE(effect<Refused>(out)->refusal.taken);
        EXPECT_NE(effect<Refused>(out)->refusal.message.find("Deployment x exists already"), std::string::npos);
      }
    }
  }
}

TEST(Pass, ARefusedObjectThatIsTooLargeIsToldToBeSo) {
  for (const std::size_t bytes : {1000UL, 1600000UL}) {
    Step big = step(Lane::Children, How::Create);
    (*big.write.body.object())["text"] = std::string(bytes, 'x');
    Pass p = pass({step(Lane::Status, How::Status), big});
    (void)p.begin(kNow);
    (void)p.answered(answer(200, parent("p1", "11")), kNow);
    const auto out = p.answered(answer(422, status(422, "Invalid")), kNow);
    ASSERT_TRUE(effect<Refused>(out));
    const plan::Refusal& refusal = effect<Refused>(out)->refusal;
    EXPECT_EQ(refusal.code, bytes > 1000 ? 413 : 422);
    EXPECT_EQ(refusal.message.find("allowed are usually 1572864; the API server says: no") != std::string::npos, bytes > 1000);
  }
}

TEST(Pass, AnotherObjectOrVersionOfAChildMeansLookAgain) {
  const std::string bodies[] = {status(409, "Conflict"), status(422, "Invalid", "metadata.uid")};
  for (const std::string& body : bodies) {
    Pass p = pass({step(Lane::Status, How::Status), step(Lane::Traffic, How::Force), step(Lane::Delete, How::Delete)});
    (void)p.begin(kNow);
    (void)p.answered(answer(200, parent("p1", "11")), kNow);
    auto out = p.answered(answer(body.find("409") != std::string::npos ? 409 : 422, body), kNow);
    ASSERT_TRUE(out.call);
    EXPECT_EQ(out.call->method, "GET");
    out = p.answered(answer(200, child("p1")), kNow);
    EXPECT_FALSE(out.call);
    EXPECT_EQ(out.end, Pass::End::LookAgain);
  }
}

TEST(Pass, ADeletedObjectIsGoneOrGoing) {
  const auto deleted = [](int code, const std::string& body) {
    Pass p = pass({step(Lane::Status, How::Status), step(Lane::Delete, How::Delete)});
    (void)p.begin(kNow);
    auto out = p.answered(answer(200, parent("p1", "11")), kNow);
    EXPECT_NE(out.call->body.find(R"("preconditions":{"resourceVersion":"7","uid":"u1"})"), std::string::npos) << out.call->body;
    return p.answered(answer(code, body), kNow);
  };
  EXPECT_TRUE(effect<Removed>(deleted(200, R"({"kind":"Status","status":"Success"})")));
  EXPECT_TRUE(effect<Removed>(deleted(404, status(404, "NotFound"))));
  EXPECT_TRUE(effect<Stored>(deleted(200, child("p1"))));
}

TEST(Pass, AfterAScaleTheCacheHasToFollow) {
  Pass p = pass({step(Lane::Status, How::Status), step(Lane::Children, How::Scale)});
  (void)p.begin(kNow);
  auto out = p.answered(answer(200, parent("p1", "11")), kNow);
  EXPECT_NE(out.call->path.find("/scale"), std::string::npos);
  out = p.answered(answer(200, R"({"kind":"Scale","metadata":{"name":"x","resourceVersion":"8"}})"), kNow);
  ASSERT_TRUE(effect<Behind>(out));
  EXPECT_EQ(effect<Behind>(out)->resource_version, "8");
}

TEST(Pass, ThrottlingAndLostAnswersEndItForLater) {
  for (const auto& trouble :
       {answer(429, status(429, "TooManyRequests")), answer(500, status(500, "InternalError")), answer(200, "<!DOCTYPE html>"),
        core::Result<kube::Response>(core::Error{core::ErrorCode::Unavailable, "reset"})}) {
    Pass p = pass({step(Lane::Status, How::Status), step(Lane::Children, How::Create), step(Lane::Children, How::Scale)});
    (void)p.begin(kNow);
    (void)p.answered(answer(200, parent("p1", "11")), kNow);
    const auto out = p.answered(trouble, kNow);
    EXPECT_FALSE(out.call);
    EXPECT_EQ(out.end, Pass::End::Retry);
  }
}

TEST(Pass, AnAnnotationOfTheParentItselfFollowsItsOwnStatusWrite) {
  Step own = step(Lane::Children, How::Annotate);
  own.write.kind = &kube::resources::kInferenceService;
  own.write.name = "churn";
  own.write.uid = "p1";
  own.write.resource_version = "10";
  Pass p = pass({step(Lane::Status, How::Status), own});
  (void)p.begin(kNow);
  const auto out = p.answered(answer(200, parent("p1", "11")), kNow);
  EXPECT_NE(out.call->body.find(R"("resourceVersion":"11")"), std::string::npos) << out.call->body;
}

}  // namespace
}  // namespace millrace::engine
