// Whose doing is it? One row per way in which a pod fails or does not get on.
#include "shared/blame.h"

#include <gtest/gtest.h>

#include "shared/progress.h"

namespace millrace::shared {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const core::Instant kNow = *core::parse_rfc3339("2026-05-01T12:00:00Z");

kube::ContainerStatus ended(std::string name, std::int64_t code, std::string message = {}, std::string reason = "Error",
                            seconds ago = seconds(5)) {
  kube::ContainerStatus out{.name = std::move(name)};
  out.state.terminated =
      kube::ContainerTerminated{.exit_code = code, .reason = std::move(reason), .message = std::move(message), .finished_at = kNow - ago};
  return out;
}
kube::ContainerStatus waiting(std::string name, std::string reason, std::string message) {
  kube::ContainerStatus out{.name = std::move(name)};
  out.state.waiting = kube::ContainerWaiting{.reason = std::move(reason), .message = std::move(message)};
  return out;
}
kube::Pod pod(std::vector<kube::ContainerStatus> containers, std::string phase = "Failed") {
  kube::Pod out;
  out.meta = {.name = "p", .uid = "u", .created = kNow - minutes(2)};
  out.spec.node_name = "n1";
  out.status.phase = std::move(phase);
  out.status.containers = std::move(containers);
  return out;
}

kube::Pod waiting_pod(std::string reason, std::string message) {
  return pod({waiting("train", std::move(reason), std::move(message))}, "Pending");
}

struct Row {
  const char* what;
  kube::Pod pod;
  Blame blame;
  const char* reason;
  const char* words;
  bool over;
};

std::vector<Row> rows() {
  kube::Pod disrupted = pod({ended("train", 137)});
  disrupted.status.conditions = {{.type = "DisruptionTarget", .status = "True", .reason = "EvictionByEvictionAPI", .message = "drained"}};
  kube::Pod evicted = pod({});
  evicted.status.reason = "Evicted";
  evicted.status.message = "Usage of EmptyDir volume \"millrace\" exceeds the limit";
  kube::Pod leaves = waiting_pod("CrashLoopBackOff", "back-off 1m20s restarting failed container");
  leaves.status.containers.front().last_state = ended("train", 0).state;
  kube::Pod lost = pod({}, "Running");
  lost.meta.deletion = kNow - minutes(6);
  kube::Pod homeless = pod({}, "Pending");
  homeless.status.conditions = {
      {.type = "PodScheduled", .status = "False", .reason = "Unschedulable", .message = "0/1 nodes: Insufficient cpu"}};
  return {
      {"crash", pod({ended("train", 3, R"({"v":1,"exitCode":3,"signal":0,"outOfMemory":false,"stderr":"boom\n"})")}), Blame::Version,
       "Crashed", "container train ended with exit code 3; its last words: boom", true},
      {"killed for memory", pod({ended("train", 137, "", "OOMKilled")}), Blame::Version, "OutOfMemory", "ran out of memory", true},
      {"a child was killed for memory", pod({ended("train", 1, R"({"v":1,"exitCode":1,"signal":0,"outOfMemory":true,"stderr":""})")}),
       Blame::Version, "OutOfMemory", "ran out of memory", true},
      {"no model", pod({ended("publish", 10, R"({"v":1,"error":{"reason":"NoModel","source":"","message":"the model is empty"}})")}),
       Blame::Version, "NoModel", "the model is empty", true},
      {"store full", pod({ended("publish", 20, R"({"v":1,"error":{"reason":"StoreFull","source":"","message":"no space"}})")}),
       Blame::Place, "StoreFull", "no space", true},
      {"wrong credentials", pod({ended("fetch", 10, R"({"v":1,"error":{"reason":"Unauthorized","source":"a","message":"401"}})")}),
       Blame::Place, "Unauthorized", "401", true},
      {"unknown image", pod({waiting("train", "ErrImagePull", "failed to resolve: x: not found")}, "Pending"), Blame::Version,
       "ImageInvalid", "cannot be pulled", false},
      {"registry down", pod({waiting("train", "ImagePullBackOff", "dial tcp: i/o timeout")}, "Pending"), Blame::Place, "ImagePullFailed",
       "i/o timeout", false},
      {"bad reference", pod({waiting("train", "InvalidImageName", "couldn't parse")}, "Pending"), Blame::Version, "ImageInvalid",
       "couldn't parse", false},
      {"missing Secret", pod({waiting("train", "CreateContainerConfigError", "secret \"s\" not found")}, "Pending"), Blame::Place,
       "ConfigMissing", "secret \"s\" not found", false},
      {"busy node", waiting_pod("CreateContainerError", "context deadline exceeded"), Blame::Place, "CannotStart", "deadline exceeded",
       false},
      {"no such command", waiting_pod("RunContainerError", "exec: \"trian\": executable file not found in $PATH"), Blame::Version,
       "CannotStart", "executable file not found", false},
      {"a server that ends well, again and again", leaves, Blame::Version, "Crashed", "exit code 0, again and again", true},
      {"no node", homeless, Blame::Place, "Unschedulable", "Insufficient cpu", false},
      {"its own eviction", evicted, Blame::Place, "EphemeralStorageExceeded", "exceeds the limit", true},
      {"drained", disrupted, Blame::Disruption, "Disrupted", "drained", true},
      {"node lost", lost, Blame::Disruption, "NodeLost", "written off", true},
  };
}

TEST(Blame, EachCauseIsTheVersionsOrThePlaces) {
  for (const Row& row : rows()) {
    const auto cause = blame(row.pod, kNow);
    ASSERT_TRUE(cause) << row.what;
    EXPECT_EQ(cause->blame, row.blame) << row.what;
    EXPECT_EQ(cause->reason, row.reason) << row.what;
    EXPECT_NE(cause->message.find(row.words), std::string::npos) << row.what << ": " << cause->message;
    EXPECT_EQ(cause->over, row.over) << row.what;
  }
}

TEST(Blame, WhoEndedFirstIsTheCause) {
  const auto cause = blame(pod({ended("evaluate", 137, "", "Error", seconds(1)), ended("train", 2, "", "Error", seconds(9))}), kNow);
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->container, "train");
}

TEST(Blame, APodThatGetsOnHasNone) {
  EXPECT_FALSE(blame(pod({waiting("train", "ContainerCreating", "")}, "Pending"), kNow));
  EXPECT_FALSE(blame(pod({ended("publish", 0, "", "Completed")}, "Succeeded"), kNow));
}

TEST(Blame, AnInitContainerThatRunsAgainHasGotNowhereYet) {
  kube::ContainerStatus again{.name = "fetch", .restart_count = 1};
  again.state.running = kube::ContainerRunning{kNow};
  again.last_state.terminated = kube::ContainerTerminated{
      .exit_code = 20, .reason = "Error", .message = R"({"v":1,"error":{"reason":"Unreachable","source":"","message":"no answer"}})"};
  kube::Pod fetches = pod({}, "Pending");
  fetches.status.init_containers = {again};
  const auto cause = blame(fetches, kNow);
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->reason, "Unreachable");
  again.name = "model";
  EXPECT_FALSE(blame(pod({again}, "Running"), kNow)) << "a server that runs again may do well now";
}

TEST(Progress, APodThatTellsNothingForHalfAMinuteIsAskedAboutEachMinute) {
  kube::Pod young = pod({waiting("train", "ContainerCreating", "")}, "Pending");
  young.meta.created = kNow - seconds(29);
  EXPECT_EQ(progress(young, {}, kNow), Progress{.wake = kNow + seconds(1)});
  young.meta.created = kNow - seconds(100);
  const Progress silent = progress(young, {}, kNow);
  ASSERT_TRUE(silent.question);
  EXPECT_EQ(silent.question->at, kNow - seconds(10)) << "an instant that does not move with the pass";
  EXPECT_EQ(silent.wake, kNow + seconds(50));
}

TEST(Blame, AnEventThatNoLongerHoldsIsNoCause) {
  EXPECT_FALSE(cause_of({.reason = "FailedScheduling", .text = "0/1 nodes"}, true));
  EXPECT_EQ(cause_of({.reason = "FailedMount", .text = "MountVolume.SetUp failed: secret \"s\" not found"}, true)->reason, "ConfigMissing");
  EXPECT_EQ(cause_of({.reason = "FailedCreate", .text = "pods \"x\" is forbidden: exceeded quota: q"}, true)->reason, "QuotaExceeded");
  EXPECT_FALSE(cause_of({}, true));
}

}  // namespace
}  // namespace millrace::shared
