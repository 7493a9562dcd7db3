// Looks at data: resolvers that TrainingJobs share, and polls for new data.
#include <gtest/gtest.h>

#include "json/value.h"
#include "shared/labels.h"
#include "training_job/children.h"
#include "unit/training_job/world.h"

namespace millrace::training_job {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const std::string kCommit(40, 'c'), kLater(40, 'd');

TrainingJob job_of(const std::string& name) {
  TrainingJob out = World().seen.job;
  out.meta.name = name;
  out.meta.uid = "uid-of-" + name;
  out.spec.model = name;
  out.spec.data = {{.name = "train", .dvc = DvcSource{.repo = "https://git.example.org/" + name, .rev = "main", .path = "train.csv"}}};
  return out;
}

// TrainingJobs of one namespace that see each other and each other's resolvers.
struct Namespace {
  std::map<std::string, World> worlds{};
  Namespace(std::initializer_list<const char*> names) {
    for (const char* name : names) worlds[name].seen.job = job_of(name);
  }
  World& operator[](const std::string& name) { return worlds.at(name); }

  void share() {
    Peers peers;
    Jobs resolvers;
    shared::Pods pods;
    for (auto& [name, w] : worlds) {
      peers.push_back(std::make_shared<const TrainingJob>(w.seen.job));
      for (const auto& job : w.seen.jobs) {
        if (!job->meta.label(shared::kResolverLabel).empty()) resolvers.push_back(job);
      }
      pods.insert(pods.end(), w.seen.pods.begin(), w.seen.pods.end());
    }
    std::sort(pods.begin(), pods.end());
    pods.erase(std::unique(pods.begin(), pods.end()), pods.end());
    for (auto& [name, w] : worlds) {
      w.seen.peers = peers;
      w.seen.resolvers = resolvers;
      w.seen.pods = pods;
    }
  }
  void settle() {
    for (int i = 0; i < 4; ++i) {
      for (auto& [name, w] : worlds) {
        share();
        w.settle();
      }
    }
    share();
  }
  void later(core::Duration d) {
    for (auto& [name, w] : worlds) w.later(d);
  }
};

std::string found(const std::string& job, const std::string& identity, const std::string& commit) {
  return R"({"name":")" + job + R"(/train","identity":")" + identity + R"(","strength":"Strong","size":12,"commit":")" + commit + R"("})";
}

// Ends the newest resolver of a world with these members of "sources" and "errors".
void answer(World& w, int told, const std::string& sources, const std::string& errors = {}) {
  const std::string name = w.status().poll.job.empty() ? w.status().resolve.job : w.status().poll.job;
  w.resolver_says(name, errors.empty() ? 0 : 10,
                  R"({"v":1,"told":)" + std::to_string(told) + R"(,"sources":[)" + sources + R"(],"errors":[)" + errors + "]}");
}

int resolvers(World& w) {
  return static_cast<int>(
      std::count_if(w.seen.jobs.begin(), w.seen.jobs.end(), [](const auto& j) { return !j->meta.label(shared::kResolveLabel).empty(); }));
}

void ready(World& w) {
  const std::string job = w.status().run.job;
  w.trains(job);
  w.settle();
  w.publishes(job);
  w.settle();
  w.judge_version(w.status().model_version, "Ready");
  w.settle();
}

// churn serves its first version, made of identity md5:1, and looks every ten minutes.
Namespace polling() {
  Namespace ns{"churn"};
  World& w = ns["churn"];
  w.seen.job.spec.data[0].poll_interval = minutes(10);
  w.seen.job.spec.triggers.new_data = true;
  ns.settle();
  answer(w, 1, found("churn", "md5:1", kCommit));
  ns.settle();
  ready(w);
  ns.share();
  return ns;
}

void until_it_looks(Namespace& ns) {
  ns.later(minutes(12));
  ns.settle();
  ASSERT_EQ(ns["churn"].status().poll.outcome, "");
}

TEST(Look, ADvcSourceIsPinnedToItsCommit) {
  Namespace ns{"churn"};
  ns["churn"].seen.job.spec.data[0].dvc->remote = "storage";
  ns.settle();
  EXPECT_EQ(ns["churn"].status().phase, "ResolvingData");
  answer(ns["churn"], 1, found("churn", "md5:1", kCommit));
  ns.settle();
  ASSERT_EQ(ns["churn"].status().data.size(), 1U);
  EXPECT_EQ(ns["churn"].status().data[0].identity, "md5:1");
  EXPECT_EQ(ns["churn"].status().data[0].commit, kCommit);
  EXPECT_EQ(ns["churn"].status().data[0].remote, "storage");
  EXPECT_EQ(ns["churn"].status().run.trigger, "Spec");
}

TEST(Look, TwoThatAreDueShareAResolver) {
  Namespace ns{"churn", "fraud"};
  ns.settle();
  EXPECT_EQ(resolvers(ns["churn"]) + resolvers(ns["fraud"]), 1);
  EXPECT_EQ(ns["fraud"].status().resolve.job, "churn-resolve-1");
  answer(ns["churn"], 2, found("churn", "md5:1", kCommit) + "," + found("fraud", "md5:2", kCommit));
  ns.settle();
  EXPECT_EQ(ns["churn"].status().data.at(0).identity, "md5:1");
  EXPECT_EQ(ns["fraud"].status().data.at(0).identity, "md5:2");
}

TEST(Look, AWrongSourceOfOneIsNotThatOfAnother) {
  Namespace ns{"churn", "fraud"};
  ns.settle();
  answer(ns["churn"], 2, found("fraud", "md5:2", kCommit),
         R"({"name":"churn/train","reason":"RevisionNotFound","message":"no branch main"})");
  ns.settle();
  EXPECT_EQ(ns["churn"].status().phase, "Failed");
  EXPECT_NE(ns["churn"].status().message.find("train: no branch main"), std::string::npos) << ns["churn"].status().message;
  EXPECT_EQ(ns["fraud"].status().run.number, 1);
}

TEST(Look, WhatDidNotFitIsLookedAtByTheNextResolver) {
  Namespace ns{"churn", "fraud"};
  ns.settle();
  answer(ns["churn"], 1, found("churn", "md5:1", kCommit));
  ns.later(seconds(40));
  ns.settle();
  EXPECT_EQ(ns["churn"].status().run.number, 1);
  EXPECT_EQ(ns["fraud"].status().run.number, 0);
  ns.later(seconds(40));
  ns.settle();
  EXPECT_EQ(resolvers(ns["fraud"]), 1) << ns["fraud"].status().message;
}

TEST(Look, WhoseJobIsNotSeenYetIsWaitedForAMinute) {
  Namespace ns{"churn", "fraud"};
  ns["churn"].settle();
  ns.share();
  World& fraud = ns["fraud"];
  fraud.seen.resolvers.clear();
  fraud.settle();
  EXPECT_EQ(resolvers(fraud), 0) << fraud.status().message;
  fraud.later(minutes(1));
  fraud.settle();
  EXPECT_EQ(resolvers(fraud), 1) << fraud.status().message;
}

TEST(Look, WhoComesLaterWaitsForTheResolverThatGoes) {
  Namespace ns{"churn", "fraud"};
  World& churn = ns["churn"];
  churn.settle();  // it does not know of the other
  ns.later(seconds(5));
  ns.settle();
  EXPECT_EQ(resolvers(ns["fraud"]), 0);
  EXPECT_NE(ns["fraud"].status().message.find("waits for the resolver churn-resolve-1"), std::string::npos);
  answer(churn, 1, found("churn", "md5:1", kCommit));
  ns.settle();
  EXPECT_EQ(resolvers(ns["fraud"]), 1);
}

TEST(Look, NoMoreResolversThanTheOperatorMayRunAtOnce) {
  Namespace ns{"churn"};
  World& w = ns["churn"];
  w.seen.resolvers_going = 10;
  ns.settle();
  EXPECT_EQ(resolvers(w), 0);
  EXPECT_NE(w.status().message.find("at most 10 at once (--max-resolvers)"), std::string::npos);
  EXPECT_EQ(*plan(w.seen, {}).wake, w.seen.now + seconds(10));
  w.seen.resolvers_going = 9;
  ns.settle();
  EXPECT_EQ(resolvers(w), 1);
}

TEST(Look, AMissingSecretIsWaitedFor) {
  Namespace ns{"churn"};
  ns.settle();
  answer(ns["churn"], 1, "", R"({"name":"churn/train","reason":"SecretMissing","message":"Secret git-read is not there"})");
  ns.settle();
  EXPECT_EQ(ns["churn"].status().phase, "ResolvingData");
  EXPECT_NE(ns["churn"].status().message.find("Secret git-read is not there"), std::string::npos);
  ns.later(minutes(1));
  ns.settle();
  EXPECT_EQ(ns["churn"].status().resolve.job, "churn-resolve-2");
}

TEST(Poll, IsQuietUntilItIsDue) {
  Namespace ns = polling();
  World& w = ns["churn"];
  ASSERT_TRUE(w.status().poll.next_at);
  const core::Instant next = *w.status().poll.next_at;
  EXPECT_GE(next, w.seen.now + minutes(9));
  EXPECT_LE(next, w.seen.now + minutes(11));
  const int before = resolvers(w);
  for (int i = 0; i < 6; ++i) {
    EXPECT_TRUE(w.quiet());
    w.later(minutes(1));
  }
  EXPECT_EQ(resolvers(w), before);
}

TEST(Poll, NewDataStartsARunThatNobodyWaitsFor) {
  Namespace ns = polling();
  World& w = ns["churn"];
  until_it_looks(ns);
  answer(w, 1, found("churn", "md5:2", kLater));
  ns.settle();
  EXPECT_EQ(w.status().run.number, 2);
  EXPECT_EQ(w.status().run.trigger, "NewData");
  EXPECT_EQ(w.status().data.at(0).commit, kLater);
  EXPECT_TRUE(w.status().new_data.empty());
  EXPECT_EQ(w.condition("Ready"), "True");
  EXPECT_EQ(w.condition("Reconciling"), "False");
  EXPECT_EQ(w.condition("Settled"), "False");
  EXPECT_EQ(kube::find(w.status().conditions, "Settled")->reason, "NewData");
  ready(w);
  EXPECT_EQ(w.status().model_version, "churn-v2");
  EXPECT_EQ(w.condition("Settled"), "True");
}

TEST(Poll, TheSameDataStartsNothing) {
  Namespace ns = polling();
  World& w = ns["churn"];
  until_it_looks(ns);
  answer(w, 1, "");  // as known
  ns.settle();
  EXPECT_EQ(w.status().run.number, 1);
  EXPECT_EQ(w.status().data.at(0).identity, "md5:1");
  EXPECT_EQ(w.status().poll.outcome, "Retry");
  EXPECT_GT(*w.status().poll.next_at, w.seen.now);
}

TEST(Poll, AFailedLookDisturbsNothingAndIsTold) {
  Namespace ns = polling();
  World& w = ns["churn"];
  until_it_looks(ns);
  answer(w, 1, "", R"({"name":"churn/train","reason":"Unreachable","message":"connection refused"})");
  ns.settle();
  EXPECT_EQ(w.status().phase, "Succeeded");
  EXPECT_EQ(w.condition("Ready"), "True");
  EXPECT_EQ(w.condition("Settled"), "True");
  EXPECT_EQ(w.condition("DataReady"), "False");
  EXPECT_NE(kube::find(w.status().conditions, "DataReady")->message.find("connection refused"), std::string::npos);
  EXPECT_GE(*w.status().poll.next_at, w.seen.now + minutes(18)) << "waits double after a failure";
}

TEST(Poll, ARunOfNewDataThatFailsLeavesWhatWasMade) {
  Namespace ns = polling();
  World& w = ns["churn"];
  w.seen.job.spec.retry.limit = 0;
  until_it_looks(ns);
  answer(w, 1, found("churn", "md5:2", kLater));
  ns.settle();
  w.fails(w.status().run.job, "train", 1);
  ns.settle();
  EXPECT_EQ(w.status().phase, "Failed");
  EXPECT_EQ(w.status().result, "Failed");
  EXPECT_EQ(w.condition("Ready"), "True");
  EXPECT_EQ(w.condition("Stalled"), "False");
  EXPECT_EQ(w.status().model_version, "churn-v1");
}

TEST(Poll, StopsWhenItIsNoLongerAskedFor) {
  Namespace ns = polling();
  World& w = ns["churn"];
  w.seen.job.spec.triggers.new_data = false;
  ns.settle();
  EXPECT_EQ(w.status().poll, ResolveStatus{});
  ns.later(minutes(30));
  EXPECT_TRUE(w.quiet());
}

}  // namespace
}  // namespace millrace::training_job
