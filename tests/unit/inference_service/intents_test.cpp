#include "inference_service/intents.h"

#include <gtest/gtest.h>

#include "inference_service/memory.h"
#include "unit/inference_service/world.h"

namespace millrace::inference_service {
namespace {

void say(World& w, const std::string& words, core::Duration ago = {}) {
  const auto at = core::to_rfc3339(w.seen.now - std::chrono::duration_cast<seconds>(ago));
  w.seen.service.meta.annotations[std::string(kIntentAnnotation)] = words + " at=" + at + " by=jo@example.org";
  w.settle();
}
const IntentStatus& last(const World& w) { return w.status().intents.back(); }

// v2 stands at its first step of two, which waits for a person.
World waiting(World w = serving_v1()) {
  w.seen.service.spec.rollout.steps = {{50, "Manual"}, {100}};
  w.add_version(2);
  w.settle();
  EXPECT_EQ(w.status().phase, "AwaitingApproval");
  return w;
}

TEST(Intents, AreReadWordByWord) {
  const auto read = parse_intent("promote churn-v7 step=2 id=a1 at=2026-01-31T12:00:00Z by=jo");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->wrong, "");
  EXPECT_EQ(read->verb, Verb::Promote);
  EXPECT_EQ(read->version, "churn-v7");
  EXPECT_EQ(read->step, 2);
  EXPECT_EQ(read->id, "a1");
  EXPECT_EQ(read->by, "jo");
  EXPECT_FALSE(parse_intent(""));
}

TEST(Intents, ThatCannotBeReadSayWhy) {
  EXPECT_EQ(parse_intent("launch v1 id=1 at=2026-01-31T12:00:00Z")->wrong,
            "\"launch\" is no verb; verbs: promote, promote-full, abort, retry, rollback, pause, resume");
  EXPECT_EQ(parse_intent("abort v1 id=1 at=noon")->wrong, "at=noon is no time such as 2026-01-31T12:00:00Z");
  EXPECT_EQ(parse_intent("abort v1 step=x id=1 at=2026-01-31T12:00:00Z")->wrong, "step must be a number from 1");
  EXPECT_NE(parse_intent("abort v1 at=2026-01-31T12:00:00Z")->wrong, "") << "no id";
  EXPECT_NE(parse_intent("abort v1 at=2026-01-31T12:00:00Z")->id, "") << "it is acknowledged all the same";
}

TEST(Intents, AManualStepWaitsAndSaysForWhat) {
  World w = waiting();
  EXPECT_EQ(w.status().decision.waiting_for, "a person, at step 1/2 of churn-v2: step 1 waits for a person");
  EXPECT_EQ(w.status().decision.unblock, "intent promote churn-v2 step=1, or abort churn-v2, or spec.rollout.approved with step 1");
  w.advance(std::chrono::hours(48));
  EXPECT_EQ(w.status().phase, "AwaitingApproval") << "no clock goes on for a person";
  EXPECT_FALSE(kube::is_true(w.status().conditions, "Settled"));
}

TEST(Intents, PromoteLetsTheWaitingStepGoOnOnce) {
  World w = waiting();
  w.seen.service.status.canary->steps = {{50, "Manual"}, {60, "Manual"}, {100}};
  say(w, "promote churn-v2 step=1 id=1");
  EXPECT_EQ(last(w).outcome, "Done");
  EXPECT_EQ(last(w).by, "jo@example.org");
  EXPECT_EQ(w.status().canary->step, 1);
  w.advance(minutes(10));
  EXPECT_EQ(w.status().canary->step, 1) << "the same word does not count for the next step";
  say(w, "promote churn-v2 step=1 id=2");
  EXPECT_EQ(last(w).outcome, "Refused");
  EXPECT_EQ(last(w).message, "step 2 of 3 is the one that waits");
  say(w, "promote churn-v2 step=2 id=3");
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().result, "Promoted");
  EXPECT_EQ(w.status().intents.size(), 3U);
}

TEST(Intents, AWrongVersionIsToldTheRightOne) {
  World w = waiting();
  say(w, "promote churn-v9 id=1");
  EXPECT_EQ(last(w).outcome, "Refused");
  EXPECT_EQ(last(w).message, "churn-v2 is on its way in, not churn-v9");
}

TEST(Intents, AnOldWordIsExpired) {
  World w = waiting();
  say(w, "promote churn-v2 id=1", std::chrono::hours(2));
  EXPECT_EQ(last(w).outcome, "Expired");
  EXPECT_EQ(w.status().phase, "AwaitingApproval");
}

TEST(Intents, ApprovalByCommitIsForManualStepsOnly) {
  World w = waiting();
  w.seen.service.spec.rollout.approved = Approved{"churn-v2", 1};
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().result, "Promoted");
  w.add_version(3);
  w.settle();
  EXPECT_EQ(w.status().phase, "AwaitingApproval") << "the approval was for another version";
}

TEST(Intents, PromoteFullSkipsTheStepsBetween) {
  World w = serving_v1();
  w.seen.service.spec.rollout.steps = {{50, "Manual"}, {60, "1h"}, {100}};
  w.add_version(2);
  w.settle();
  say(w, "promote-full churn-v2 id=1");
  EXPECT_EQ(w.status().phase, "Baking");
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Intents, AbortIsHeardAfterAFullPromotion) {
  World w = waiting();
  w.pods_of["churn-v2"] = Pods::Starting;
  say(w, "promote-full churn-v2 id=1");
  ASSERT_EQ(w.status().canary->weight, 100);
  say(w, "abort churn-v2 id=2");
  EXPECT_EQ(last(w).outcome, "Done");
  EXPECT_FALSE(w.status().canary);
  EXPECT_EQ(w.entry(), w.revision_of("churn-v1"));
}

TEST(Intents, AbortRefusesUntilRetry) {
  World w = waiting();
  say(w, "abort churn-v2 id=1");
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().result, "RolledBack");
  EXPECT_EQ(w.status().refused.at(0).reason, "Aborted");
  EXPECT_EQ(w.entry(), w.revision_of("churn-v1"));
  say(w, "retry churn-v2 id=2");
  EXPECT_EQ(last(w).outcome, "Done");
  w.settle();
  EXPECT_TRUE(w.status().refused.empty());
  ASSERT_TRUE(w.status().canary);
  EXPECT_EQ(w.status().canary->version, "churn-v2");
}

TEST(Intents, RollbackInTheBakeIsInstant) {
  World w = serving_v1();
  w.add_version(2);
  w.settle();
  w.advance(minutes(2));
  ASSERT_EQ(w.status().phase, "Baking");
  say(w, "rollback churn-v1 id=1");
  EXPECT_EQ(w.entry(), w.revision_of("churn-v1"));
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v1");
  EXPECT_EQ(w.status().result, "RolledBack");
  EXPECT_EQ(w.count("churn-v2"), -1);
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Intents, RollbackToAColdVersionHoldsUntilANewerOneComes) {
  World w = serving_v1();
  for (const int n : {2, 3}) {
    w.add_version(n);
    ASSERT_TRUE(w.run_to_settled());
  }
  ASSERT_EQ(w.status().stable->version, "churn-v3");
  say(w, "rollback churn-v1 id=1");
  EXPECT_EQ(last(w).outcome, "Done") << last(w).message;
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v1") << "not v2, the next older one";
  EXPECT_EQ(w.status().result, "RolledBack");
  w.add_version(4);
  w.settle();
  ASSERT_TRUE(w.status().canary);
  EXPECT_EQ(w.status().canary->weight, 50) << "a newer version comes by steps";
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v4");
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Intents, ARollbackToAVersionThatFailsGoesOnWithTheNextBest) {
  World w = serving_v1();
  for (const int n : {2, 3}) {
    w.add_version(n);
    ASSERT_TRUE(w.run_to_settled());
  }
  w.pods_of["churn-v1"] = Pods::CrashLoop;
  say(w, "rollback churn-v1 id=1");
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v2") << "v3 was taken back by a person, v1 does not start";
  EXPECT_EQ(w.wrong, std::vector<std::string>());
}

TEST(Intents, PauseHoldsTheStepUntilResume) {
  World w = serving_v1();
  w.add_version(2);
  w.settle();
  say(w, "pause churn-v2 id=1");
  EXPECT_EQ(w.status().phase, "Paused");
  w.advance(minutes(30));
  EXPECT_EQ(w.entry(), "everybody");
  EXPECT_EQ(w.status().phase, "Paused");
  say(w, "resume churn-v2 id=2");
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().result, "Promoted");
}

TEST(Intents, ThePausedSpecLetsNothingBegin) {
  World w = serving_v1();
  w.seen.service.spec.rollout.paused = true;
  w.add_version(2);
  w.settle();
  EXPECT_FALSE(w.status().canary);
  EXPECT_EQ(w.status().phase, "Paused");
  w.seen.service.spec.rollout.paused = false;
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().result, "Promoted");
}

TEST(Intents, AWipedStatusObeysNoWordTwiceAndKeepsAPause) {
  World w = serving_v1();
  w.add_version(2);
  w.settle();
  say(w, "pause churn-v2 id=1");
  w.seen.service.status = {};
  w.settle();
  EXPECT_EQ(w.status().phase, "Paused");
  EXPECT_TRUE(w.status().intents.empty()) << "it was dealt with before";
  EXPECT_EQ(read_memory(w.seen.entry.get()).intent, "1");
}

World serving_v3() {
  World w = serving_v1();
  for (const int n : {2, 3}) {
    w.add_version(n);
    EXPECT_TRUE(w.run_to_settled());
  }
  return w;
}

TEST(Intents, ARollbackSaidAfterAPauseGoesOnAndThePauseHoldsWhatComesNext) {
  World w = serving_v3();
  say(w, "pause id=1");
  EXPECT_EQ(last(w).outcome, "Done") << last(w).message;
  say(w, "rollback churn-v1 id=2");
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v1");
  w.add_version(4);
  w.settle();
  EXPECT_EQ(w.status().phase, "Paused");
  EXPECT_FALSE(w.status().canary);
}

TEST(Intents, APauseSaidDuringARollbackHolds) {
  World w = serving_v3();
  w.pods_of["churn-v1"] = Pods::Starting;
  say(w, "rollback churn-v1 id=1");
  w.seen.now += seconds(1);
  say(w, "pause id=2");
  w.pods_of.clear();
  w.advance(minutes(30));
  EXPECT_EQ(w.status().phase, "Paused");
}

TEST(Intents, ARollbackWhoseVersionIsWithdrawnEndsAndTheNextComesBySteps) {
  World w = serving_v3();
  w.add_version(4);
  w.pods_of["churn-v1"] = Pods::Starting;
  say(w, "rollback churn-v1 id=1");
  ASSERT_TRUE(w.status().canary);
  auto rejected = std::make_shared<model_version::ModelVersion>(*w.seen.versions[0]);
  rejected->status.phase = "Rejected";
  w.seen.versions[0] = rejected;
  w.settle();
  EXPECT_FALSE(w.status().rollback);
  w.advance(minutes(1));
  ASSERT_TRUE(w.status().canary) << w.status().message;
  EXPECT_EQ(w.status().canary->version, "churn-v4") << "v3 was taken back, v4 never tried";
  EXPECT_EQ(w.status().canary->weight, 50);
}

TEST(Intents, ARollbackForgetsTheRefusalOfTheSameBytesUnderAnotherName) {
  World w = serving_v1();
  const std::string bytes = "sha256:" + std::string(64, '7');
  w.add_version(2, "Ready", "Run", bytes);
  w.settle();
  say(w, "abort churn-v2 id=1");
  ASSERT_TRUE(w.run_to_settled());
  w.add_version(3, "Ready", "Run", bytes);
  ASSERT_TRUE(w.run_to_settled());
  ASSERT_EQ(w.status().stable->version, "churn-v1");
  say(w, "rollback churn-v3 id=2");
  EXPECT_EQ(last(w).outcome, "Done") << last(w).message;
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v3");
}

TEST(Intents, PauseAndResumeAreOfTheService) {
  EXPECT_EQ(parse_intent("pause id=1 at=2026-01-31T12:00:00Z")->wrong, "");
  EXPECT_EQ(parse_intent("resume id=1 at=2026-01-31T12:00:00Z")->wrong, "");
  EXPECT_NE(parse_intent("abort id=1 at=2026-01-31T12:00:00Z")->wrong, "");
}

TEST(Intents, AnEditAfterARollbackIsARolloutLikeOthers) {
  World w = serving_v3();
  say(w, "rollback churn-v1 id=1");
  ASSERT_TRUE(w.run_to_settled());
  ASSERT_EQ(w.status().stable->version, "churn-v1");
  w.seen.service.spec.rollout.restart = "again";
  World paused = w;
  paused.seen.service.spec.rollout.paused = true;
  paused.settle();
  EXPECT_EQ(paused.status().phase, "Paused");
  w.settle();
  ASSERT_TRUE(w.status().canary);
  EXPECT_EQ(w.status().canary->weight, 50);
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().result, "Promoted");
  EXPECT_TRUE(w.status().rollback) << "the word still names the version";
}

TEST(Intents, ARollbackToBytesThatWereRefusedUnderAnotherNameBegins) {
  World w = serving_v1();
  w.add_version(2);
  ASSERT_TRUE(w.run_to_settled());
  w.add_version(3, "Ready", "Run", w.seen.versions[0]->spec.artifact.digest);
  w.settle();
  say(w, "abort churn-v3 id=1");
  ASSERT_TRUE(w.run_to_settled());
  say(w, "rollback churn-v1 id=2");
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v1") << w.status().message;
}

TEST(Intents, ACalledBackVersionIsNotGoodForHavingBakedLongEnough) {
  World w = serving_v3();
  w.add_version(4);
  w.settle();
  w.advance(minutes(2));
  ASSERT_EQ(w.status().phase, "Baking");
  say(w, "pause id=1");
  w.advance(minutes(10));
  ASSERT_TRUE(w.status().stable->bake_until);
  say(w, "rollback churn-v1 id=2");
  EXPECT_EQ(w.status().last_good->version, "churn-v3");
  ASSERT_TRUE(w.run_to_settled());
  EXPECT_EQ(w.status().stable->version, "churn-v1");
}

}  // namespace
}  // namespace millrace::inference_service
