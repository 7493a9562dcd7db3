#include <gtest/gtest.h>

#include <utility>

#include "json/codec.h"
#include "kube/model/workloads.h"

namespace millrace::kube {
namespace {

core::Instant at(const char* text) { return *core::parse_rfc3339(text); }

TEST(CompareVersions, ComparesDecimalsOfAnyLength) {
  EXPECT_EQ(compare_versions("9", "10"), -1);
  EXPECT_EQ(compare_versions("100000000000000000000000", "99999999999999999999999"), 1);
  EXPECT_EQ(compare_versions("007", "7"), 0);
  EXPECT_EQ(compare_versions("", "0"), 0);
  EXPECT_EQ(compare_versions("1", ""), 1);
}

TEST(Paths, AreThoseOfTheApi) {
  EXPECT_EQ(collection_path(resources::kPod, "shop"), "/api/v1/namespaces/shop/pods");
  EXPECT_EQ(collection_path(resources::kDeployment, ""), "/apis/apps/v1/deployments");
  EXPECT_EQ(object_path(resources::kDeployment, "shop", "a", "scale"), "/apis/apps/v1/namespaces/shop/deployments/a/scale");
  EXPECT_EQ(object_path(resources::kCrd, "", "a.b"), "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/a.b");
  EXPECT_EQ(object_path(resources::kPod, "s", "../x?y"), "/api/v1/namespaces/s/pods/..%2Fx%3Fy");
  EXPECT_EQ(object_path(resources::kPod, "s", ".."), "/api/v1/namespaces/s/pods/%2E%2E");
}

TEST(Conditions, MoveTheirTimeOnlyWhenTheStatusFlips) {
  const Conditions before{{.type = "Ready", .status = "True", .last_transition = at("2026-01-01T00:00:00Z"), .reason = "Old"}};
  const core::Instant now = at("2026-02-02T00:00:00Z");
  Conditions next;
  set(next, before, {.type = "Ready", .status = "True", .reason = "New"}, now);
  set(next, before, {.type = "Stalled", .status = "False"}, now);
  ASSERT_EQ(next.size(), 2U);
  EXPECT_EQ(next[0].last_transition, before[0].last_transition);
  EXPECT_EQ(next[0].reason, "New");
  EXPECT_EQ(next[1].last_transition, now);
  set(next, before, {.type = "Ready", .status = "False"}, now);
  ASSERT_EQ(next.size(), 2U);
  EXPECT_EQ(next[0].last_transition, now);
  EXPECT_FALSE(is_true(next, "Ready"));
  EXPECT_EQ(find(next, "None"), nullptr);
}

TEST(Meta, ReadsWhatTheServerWrites) {
  const auto job = json::decode<Job>(
      R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"a","namespace":"s","uid":"u","resourceVersion":"42","generation":2,
      "creationTimestamp":"2026-01-31T12:00:00Z","deletionTimestamp":"2026-01-31T13:00:00Z","labels":{"l":"1"},"annotations":{"n":"2"},
      "managedFields":[{"manager":"x"}],"finalizers":["f"],
      "ownerReferences":[{"apiVersion":"v1","kind":"A","name":"a","uid":"1"},{"apiVersion":"v1","kind":"B","name":"b","uid":"2","controller":true}]},
      "spec":{"parallelism":2,"template":{}},"status":{"active":1,"startTime":"2026-01-31T12:00:01Z",
      "conditions":[{"type":"Failed","status":"True","lastProbeTime":null,"lastTransitionTime":"2026-01-31T12:00:02Z","reason":"BackoffLimitExceeded"}]}})");
  ASSERT_TRUE(job.has_value()) << job.error().message;
  const ObjectMeta& meta = job->meta;
  EXPECT_EQ(to_text(meta.key()), "s/a");
  EXPECT_EQ(meta.resource_version, "42");
  EXPECT_EQ(meta.generation, 2);
  EXPECT_TRUE(meta.deleting());
  EXPECT_EQ(meta.created, at("2026-01-31T12:00:00Z"));
  EXPECT_EQ(meta.label("l"), "1");
  EXPECT_EQ(meta.annotation("n"), "2");
  EXPECT_EQ(meta.annotation("absent"), "");
  ASSERT_NE(meta.controller(), nullptr);
  EXPECT_EQ(meta.controller()->name, "b");
  EXPECT_TRUE(meta.controlled_by("2"));
  EXPECT_FALSE(meta.controlled_by("1"));
  EXPECT_EQ(job->spec.parallelism, 2);
  EXPECT_EQ(job->spec.completions, 1);
  EXPECT_EQ(job->status.active, 1);
  EXPECT_TRUE(is_true(job->status.conditions, "Failed"));
  EXPECT_EQ(json::decode<Job>(json::encode(*job)).value(), *job);
}

TEST(Meta, IsControlledByNobodyWithoutIdentity) {
  const ObjectMeta meta{.owners = {{.name = "a", .controller = true}}};
  EXPECT_FALSE(meta.controlled_by(""));
}

TEST(Pods, TellHowContainersEnded) {
  const auto pod = json::decode<Pod>(
      R"({"metadata":{"name":"p"},"spec":{"nodeName":"n","terminationGracePeriodSeconds":30},"status":{"phase":"Failed","podIP":"10.0.0.1",
      "conditions":[{"type":"DisruptionTarget","status":"True","lastTransitionTime":null}],
      "initContainerStatuses":[{"name":"fetch","ready":true,"state":{"terminated":{"exitCode":0,"message":"{}"}}}],
      "containerStatuses":[{"name":"train","imageID":"sha256:1","restartCount":2,"lastState":{},
      "state":{"terminated":{"exitCode":137,"reason":"OOMKilled","finishedAt":"2026-01-31T12:00:00Z"}}},{"name":"w","state":{"waiting":{"reason":"ImagePullBackOff"}}}]}})");
  ASSERT_TRUE(pod.has_value()) << pod.error().message;
  EXPECT_EQ(pod->spec.node_name, "n");
  EXPECT_EQ(pod->spec.termination_grace_period, 30);
  EXPECT_EQ(pod->status.pod_ip, "10.0.0.1");
  ASSERT_EQ(pod->status.containers.size(), 2U);
  EXPECT_EQ(pod->status.containers[0].state.terminated->exit_code, 137);
  EXPECT_EQ(pod->status.containers[0].state.terminated->reason, "OOMKilled");
  EXPECT_FALSE(pod->status.containers[0].last_state.terminated.has_value());
  EXPECT_EQ(pod->status.containers[0].image_id, "sha256:1");
  EXPECT_EQ(pod->status.containers[1].state.waiting->reason, "ImagePullBackOff");
  EXPECT_EQ(pod->status.init_containers.at(0).state.terminated->message, "{}");
  EXPECT_TRUE(is_true(pod->status.conditions, "DisruptionTarget"));
}

TEST(Deployments, CountTheirPods) {
  const auto d = json::decode<Deployment>(
      R"({"metadata":{},"spec":{"replicas":3},"status":{"observedGeneration":4,"replicas":3,"readyReplicas":2,"availableReplicas":1,"updatedReplicas":3}})");
  ASSERT_TRUE(d.has_value()) << d.error().message;
  EXPECT_EQ(d->spec.replicas, 3);
  EXPECT_EQ(d->status, (DeploymentStatus{.observed_generation = 4, .replicas = 3, .ready = 2, .available = 1, .updated = 3}));
}

TEST(EndpointSlices, NameTheirPods) {
  const auto slice = json::decode<EndpointSlice>(
      R"({"metadata":{"labels":{"kubernetes.io/service-name":"s"}},"endpoints":[{"addresses":["10.0.0.1"],"conditions":{"ready":false,"serving":true},
      "targetRef":{"kind":"Pod","name":"p","uid":"u"}},{"conditions":{}}]})");
  ASSERT_TRUE(slice.has_value()) << slice.error().message;
  ASSERT_EQ(slice->endpoints.size(), 2U);
  EXPECT_EQ(slice->endpoints[0].conditions.ready, false);
  EXPECT_EQ(slice->endpoints[0].conditions.serving, true);
  EXPECT_EQ(slice->endpoints[0].conditions.terminating, std::nullopt);
  EXPECT_EQ(slice->endpoints[0].target.name, "p");
  EXPECT_EQ(slice->endpoints[1].conditions.ready, std::nullopt);
}

TEST(EndpointSlices, MayHaveNullEndpoints) {
  const auto slice = json::decode<EndpointSlice>(R"({"metadata":{},"endpoints":null})");
  ASSERT_TRUE(slice.has_value()) << slice.error().message;
  EXPECT_TRUE(slice->endpoints.empty());
}

TEST(ControllerRevisions, KeepTheirDataAsBytes) {
  const auto revision = json::decode<ControllerRevision>(R"({"metadata":{"name":"r"},"revision":7,"data":{"b":[1,2],"a":"x"}})");
  ASSERT_TRUE(revision.has_value()) << revision.error().message;
  EXPECT_EQ(revision->revision, 7);
  EXPECT_EQ(json::parse(revision->data.bytes).value(), json::parse(R"({"a":"x","b":[1,2]})").value());
  EXPECT_EQ(json::decode<ControllerRevision>(json::encode(*revision)).value(), *revision);
}

TEST(Services, ShowSelectorAndAddress) {
  const auto service = json::decode<Service>(R"({"metadata":{},"spec":{"selector":{"a":"b"},"clusterIP":"10.1.2.3","ports":[]}})");
  ASSERT_TRUE(service.has_value()) << service.error().message;
  EXPECT_EQ(service->spec, (ServiceSpec{.selector = {{"a", "b"}}, .cluster_ip = "10.1.2.3"}));
}

}  // namespace
}  // namespace millrace::kube
