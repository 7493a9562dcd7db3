// Facts of built-in kinds, only what planners read: Job, Pod, Deployment, Service, EndpointSlice, ControllerRevision, PodDisruptionBudget,
// PersistentVolumeClaim, ConfigMap, Event. Field names follow the Kubernetes API, in snake case. Source: k8s.io/api v0.37.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kube/model/condition.h"
#include "kube/model/meta.h"

namespace millrace::kube {

struct JobSpec {
  std::int64_t parallelism = 1, completions = 1;
  bool suspend = false;
  static const json::Schema schema;
  bool operator==(const JobSpec&) const = default;
};
struct JobStatus {
  std::int64_t active = 0, ready = 0, succeeded = 0, failed = 0, terminating = 0;
  std::optional<core::Instant> start_time{}, completion_time{};
  Conditions conditions{};  // Complete, Failed, FailureTarget, SuccessCriteriaMet, Suspended
  static const json::Schema schema;
  bool operator==(const JobStatus&) const = default;
};
struct Job {
  ObjectMeta meta{};
  JobSpec spec{};
  JobStatus status{};
  static constexpr const Resource& kResource = resources::kJob;
  static const json::Schema schema;
  bool operator==(const Job&) const = default;
};

struct ContainerTerminated {
  std::int64_t exit_code = 0, signal = 0;
  std::string reason{}, message{};
  std::optional<core::Instant> started_at{}, finished_at{};
  static const json::Schema schema;
  bool operator==(const ContainerTerminated&) const = default;
};
struct ContainerWaiting {
  std::string reason{}, message{};
  static const json::Schema schema;
  bool operator==(const ContainerWaiting&) const = default;
};
struct ContainerRunning {
  std::optional<core::Instant> started_at{};
  static const json::Schema schema;
  bool operator==(const ContainerRunning&) const = default;
};
struct ContainerState {
  std::optional<ContainerWaiting> waiting{};
  std::optional<ContainerRunning> running{};
  std::optional<ContainerTerminated> terminated{};
  static const json::Schema schema;
  bool operator==(const ContainerState&) const = default;
};
struct ContainerStatus {
  std::string name{}, image{}, image_id{};
  bool ready = false;
  std::int64_t restart_count = 0;
  ContainerState state{}, last_state{};
  static const json::Schema schema;
  bool operator==(const ContainerStatus&) const = default;
};
struct PodSpec {
  std::string node_name{};
  std::optional<std::int64_t> termination_grace_period{};
  static const json::Schema schema;
  bool operator==(const PodSpec&) const = default;
};
struct PodStatus {
  std::string phase{}, reason{}, message{}, pod_ip{};
  Conditions conditions{};  // PodScheduled, Initialized, ContainersReady, Ready, DisruptionTarget
  std::vector<ContainerStatus> init_containers{}, containers{};
  std::optional<core::Instant> start_time{};
  static const json::Schema schema;
  bool operator==(const PodStatus&) const = default;
};
struct Pod {
  ObjectMeta meta{};
  PodSpec spec{};
  PodStatus status{};
  static constexpr const Resource& kResource = resources::kPod;
  static const json::Schema schema;
  bool operator==(const Pod&) const = default;
};

struct DeploymentSpec {
  std::int64_t replicas = 1;
  static const json::Schema schema;
  bool operator==(const DeploymentSpec&) const = default;
};
struct DeploymentStatus {
  std::int64_t observed_generation = 0, replicas = 0, ready = 0, available = 0, updated = 0;
  Conditions conditions{};  // Available, Progressing, ReplicaFailure
  static const json::Schema schema;
  bool operator==(const DeploymentStatus&) const = default;
};
struct Deployment {
  ObjectMeta meta{};
  DeploymentSpec spec{};
  DeploymentStatus status{};
  static constexpr const Resource& kResource = resources::kDeployment;
  static const json::Schema schema;
  bool operator==(const Deployment&) const = default;
};

struct ServiceSpec {
  json::StringMap selector{};
  std::string cluster_ip{};
  static const json::Schema schema;
  bool operator==(const ServiceSpec&) const = default;
};
struct Service {
  ObjectMeta meta{};
  ServiceSpec spec{};
  static constexpr const Resource& kResource = resources::kService;
  static const json::Schema schema;
  bool operator==(const Service&) const = default;
};

struct EndpointConditions {
  std::optional<bool> ready{}, serving{}, terminating{};
  static const json::Schema schema;
  bool operator==(const EndpointConditions&) const = default;
};
struct TargetRef {
  std::string kind{}, name{}, uid{};
  static const json::Schema schema;
  bool operator==(const TargetRef&) const = default;
};
struct Endpoint {
  EndpointConditions conditions{};
  TargetRef target{};
  static const json::Schema schema;
  bool operator==(const Endpoint&) const = default;
};
struct EndpointSlice {  // of one Service: label kubernetes.io/service-name
  ObjectMeta meta{};
  std::vector<Endpoint> endpoints{};
  static constexpr const Resource& kResource = resources::kEndpointSlice;
  static const json::Schema schema;
  bool operator==(const EndpointSlice&) const = default;
};

struct ControllerRevision {
  ObjectMeta meta{};
  std::int64_t revision = 0;
  json::Text data{};  // the frozen pod template and what it came from
  static constexpr const Resource& kResource = resources::kControllerRevision;
  static const json::Schema schema;
  bool operator==(const ControllerRevision&) const = default;
};

struct PodDisruptionBudget {
  ObjectMeta meta{};
  static constexpr const Resource& kResource = resources::kPodDisruptionBudget;
  static const json::Schema schema;
  bool operator==(const PodDisruptionBudget&) const = default;
};

}  // namespace millrace::kube
