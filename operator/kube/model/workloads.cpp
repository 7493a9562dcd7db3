#include "kube/model/workloads.h"

namespace millrace::kube {
namespace {

using json::field;
constexpr json::Limits kList{.max_items = 1000};
constexpr std::string_view kMetaDoc = "Metadata of the object.";

constexpr json::Field kJobSpec[] = {
    field<&JobSpec::parallelism>("parallelism", "Pods that run at once.", {.min = 0, .fallback = "1"}),
    field<&JobSpec::completions>("completions", "Pods that must succeed.", {.min = 0, .fallback = "1"}),
    field<&JobSpec::suspend>("suspend", "True: no pods are made."),
};
constexpr json::Field kJobStatus[] = {
    field<&JobStatus::active>("active", "Pods that are pending or running."),
    field<&JobStatus::ready>("ready", "Active pods that are Ready."),
    field<&JobStatus::succeeded>("succeeded", "Pods that ended in phase Succeeded."),
    field<&JobStatus::failed>("failed", "Pods that ended in phase Failed."),
    field<&JobStatus::terminating>("terminating", "Pods that are being deleted."),
    field<&JobStatus::start_time>("startTime", "When the Job controller first took the Job up."),
    field<&JobStatus::completion_time>("completionTime", "When the Job succeeded."),
    field<&JobStatus::conditions>("conditions", "Complete, Failed, FailureTarget, SuccessCriteriaMet, Suspended.", kList),
};
constexpr json::Field kJob[] = {
    field<&Job::meta>("metadata", kMetaDoc),
    field<&Job::spec>("spec", "What to run."),
    field<&Job::status>("status", "What ran."),
};

constexpr json::Field kTerminated[] = {
    field<&ContainerTerminated::exit_code>("exitCode", "Exit code of the process; 128 + n after signal n."),
    field<&ContainerTerminated::signal>("signal", "Signal that ended it."),
    field<&ContainerTerminated::reason>("reason", "Completed, Error, OOMKilled and others."),
    field<&ContainerTerminated::message>("message", "The termination message."),
    field<&ContainerTerminated::started_at>("startedAt", "When it started."),
    field<&ContainerTerminated::finished_at>("finishedAt", "When it ended."),
};
constexpr json::Field kWaiting[] = {
    field<&ContainerWaiting::reason>("reason", "ImagePullBackOff, CrashLoopBackOff, CreateContainerConfigError and others."),
    field<&ContainerWaiting::message>("message", "The kubelet's sentence."),
};
constexpr json::Field kRunning[] = {
    field<&ContainerRunning::started_at>("startedAt", "When it started."),
};
constexpr json::Field kState[] = {
    field<&ContainerState::waiting>("waiting", "Set while the container has not started."),
    field<&ContainerState::running>("running", "Set while it runs."),
    field<&ContainerState::terminated>("terminated", "Set once it ended."),
};
constexpr json::Field kContainerStatus[] = {
    field<&ContainerStatus::name>("name", "Name of the container."),
    field<&ContainerStatus::image>("image", "Image as the runtime names it."),
    field<&ContainerStatus::image_id>("imageID", "Image by digest."),
    field<&ContainerStatus::ready>("ready", "Passed its readiness probe."),
    field<&ContainerStatus::restart_count>("restartCount", "Restarts so far."),
    field<&ContainerStatus::state>("state", "What it does now."),
    field<&ContainerStatus::last_state>("lastState", "How its last life ended."),
};
constexpr json::Field kPodSpec[] = {
    field<&PodSpec::node_name>("nodeName", "Where it runs; empty until it is scheduled."),
    field<&PodSpec::termination_grace_period>("terminationGracePeriodSeconds", "Seconds between the request to end and the kill."),
};
constexpr json::Field kPodStatus[] = {
    field<&PodStatus::phase>("phase", "Pending, Running, Succeeded, Failed, Unknown."),
    field<&PodStatus::reason>("reason", "Evicted, NodeLost and others."),
    field<&PodStatus::message>("message", "A sentence to the reason."),
    field<&PodStatus::pod_ip>("podIP", "Address of the pod."),
    field<&PodStatus::conditions>("conditions", "PodScheduled, Initialized, ContainersReady, Ready, DisruptionTarget.", kList),
    field<&PodStatus::init_containers>("initContainerStatuses", "Init containers.", kList),
    field<&PodStatus::containers>("containerStatuses", "Containers.", kList),
    field<&PodStatus::start_time>("startTime", "When the kubelet took the pod up."),
};
constexpr json::Field kPod[] = {
    field<&Pod::meta>("metadata", kMetaDoc),
    field<&Pod::spec>("spec", "Where and how it runs."),
    field<&Pod::status>("status", "What it does."),
};

constexpr json::Field kDeploymentSpec[] = {
    field<&DeploymentSpec::replicas>("replicas", "Pods wanted.", {.min = 0, .fallback = "1"}),
};
constexpr json::Field kDeploymentStatus[] = {
    field<&DeploymentStatus::observed_generation>("observedGeneration", "The generation that these numbers speak of."),
    field<&DeploymentStatus::replicas>("replicas", "Pods that exist."),
    field<&DeploymentStatus::ready>("readyReplicas", "Pods that are Ready."),
    field<&DeploymentStatus::available>("availableReplicas", "Pods that stayed Ready for minReadySeconds."),
    field<&DeploymentStatus::updated>("updatedReplicas", "Pods of the present template."),
    field<&DeploymentStatus::conditions>("conditions", "Available, Progressing, ReplicaFailure.", kList),
};
constexpr json::Field kDeployment[] = {
    field<&Deployment::meta>("metadata", kMetaDoc),
    field<&Deployment::spec>("spec", "What is wanted."),
    field<&Deployment::status>("status", "What is there."),
};

constexpr json::Field kServiceSpec[] = {
    field<&ServiceSpec::selector>("selector", "Labels of the pods behind the Service.", {.max_properties = 1000}),
    field<&ServiceSpec::cluster_ip>("clusterIP", "Address of the Service."),
};
constexpr json::Field kService[] = {
    field<&Service::meta>("metadata", kMetaDoc),
    field<&Service::spec>("spec", "Selector and address."),
};

constexpr json::Field kEndpointConditions[] = {
    field<&EndpointConditions::ready>("ready", "Takes new connections; absent means true."),
    field<&EndpointConditions::serving>("serving", "Ready, whether terminating or not."),
    field<&EndpointConditions::terminating>("terminating", "Its pod is being deleted."),
};
constexpr json::Field kTargetRef[] = {
    field<&TargetRef::kind>("kind", "Kind of the object behind the address."),
    field<&TargetRef::name>("name", "Its name."),
    field<&TargetRef::uid>("uid", "Its identity."),
};
constexpr json::Field kEndpoint[] = {
    field<&Endpoint::conditions>("conditions", "State of the endpoint."),
    field<&Endpoint::target>("targetRef", "The pod behind the address."),
};
constexpr json::Field kEndpointSlice[] = {
    field<&EndpointSlice::meta>("metadata", kMetaDoc),
    field<&EndpointSlice::endpoints>("endpoints", "Addresses of one Service.", kList),
};

constexpr json::Field kControllerRevision[] = {
    field<&ControllerRevision::meta>("metadata", kMetaDoc),
    field<&ControllerRevision::revision>("revision", "Number of the revision."),
    field<&ControllerRevision::data>("data", "The frozen state; immutable."),
};

constexpr json::Field kBudget[] = {
    field<&PodDisruptionBudget::meta>("metadata", kMetaDoc),
};

}  // namespace

constinit const json::Schema JobSpec::schema{.doc = "What a Job runs.", .fields = kJobSpec};
constinit const json::Schema JobStatus::schema{.doc = "What a Job ran.", .fields = kJobStatus};
constinit const json::Schema Job::schema{.doc = "A Job.", .fields = kJob};
constinit const json::Schema ContainerTerminated::schema{.doc = "How a container ended.", .fields = kTerminated};
constinit const json::Schema ContainerWaiting::schema{.doc = "Why a container waits.", .fields = kWaiting};
constinit const json::Schema ContainerRunning::schema{.doc = "Since when a container runs.", .fields = kRunning};
constinit const json::Schema ContainerState::schema{.doc = "One of waiting, running, terminated.", .fields = kState};
constinit const json::Schema ContainerStatus::schema{.doc = "A container of a pod.", .fields = kContainerStatus};
constinit const json::Schema PodSpec::schema{.doc = "Where a pod runs.", .fields = kPodSpec};
constinit const json::Schema PodStatus::schema{.doc = "What a pod does.", .fields = kPodStatus};
constinit const json::Schema Pod::schema{.doc = "A pod.", .fields = kPod};
constinit const json::Schema DeploymentSpec::schema{.doc = "What a Deployment wants.", .fields = kDeploymentSpec};
constinit const json::Schema DeploymentStatus::schema{.doc = "What a Deployment has.", .fields = kDeploymentStatus};
constinit const json::Schema Deployment::schema{.doc = "A Deployment.", .fields = kDeployment};
constinit const json::Schema ServiceSpec::schema{.doc = "What a Service selects.", .fields = kServiceSpec};
constinit const json::Schema Service::schema{.doc = "A Service.", .fields = kService};
constinit const json::Schema EndpointConditions::schema{.doc = "State of one endpoint.", .fields = kEndpointConditions};
constinit const json::Schema TargetRef::schema{.doc = "The object behind an endpoint.", .fields = kTargetRef};
constinit const json::Schema Endpoint::schema{.doc = "One endpoint.", .fields = kEndpoint};
constinit const json::Schema EndpointSlice::schema{.doc = "Endpoints of a Service.", .fields = kEndpointSlice};
constinit const json::Schema ControllerRevision::schema{.doc = "A frozen state of another object.", .fields = kControllerRevision};
constinit const json::Schema PodDisruptionBudget::schema{.doc = "A limit of voluntary disruption.", .fields = kBudget};

}  // namespace millrace::kube
