// Resource: what a kind is called in the API (group, version, kind, plural, scope). One constant per kind; identity is its address or kind.
#pragma once

#include <string>
#include <string_view>

namespace millrace::kube {

struct Resource {
  std::string_view group, version, kind, plural;  // group "" is core
  bool namespaced = true;
  constexpr bool operator==(const Resource& o) const { return group == o.group && kind == o.kind; }
};

std::string api_version(const Resource& r);  // "apps/v1", "v1"

// "/apis/apps/v1/namespaces/ns/deployments[/name[/subresource]]"; names are percent-encoded. ns "" lists all namespaces.
std::string collection_path(const Resource& r, std::string_view ns);
std::string object_path(const Resource& r, std::string_view ns, std::string_view name, std::string_view subresource = {});

namespace resources {
inline constexpr Resource kJob{"batch", "v1", "Job", "jobs"};
inline constexpr Resource kPod{"", "v1", "Pod", "pods"};
inline constexpr Resource kService{"", "v1", "Service", "services"};
inline constexpr Resource kDeployment{"apps", "v1", "Deployment", "deployments"};
inline constexpr Resource kControllerRevision{"apps", "v1", "ControllerRevision", "controllerrevisions"};
inline constexpr Resource kEndpointSlice{"discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"};
inline constexpr Resource kPodDisruptionBudget{"policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets"};
inline constexpr Resource kConfigMap{"", "v1", "ConfigMap", "configmaps"};
inline constexpr Resource kClaim{"", "v1", "PersistentVolumeClaim", "persistentvolumeclaims"};
inline constexpr Resource kCoreEvent{"", "v1", "Event", "events"};
inline constexpr Resource kEvent{"events.k8s.io", "v1", "Event", "events"};
inline constexpr Resource kLease{"coordination.k8s.io", "v1", "Lease", "leases"};
inline constexpr Resource kCrd{"apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false};
inline constexpr Resource kTrainingJob{"millrace.dev", "v1alpha1", "TrainingJob", "trainingjobs"};
inline constexpr Resource kModelVersion{"millrace.dev", "v1alpha1", "ModelVersion", "modelversions"};
inline constexpr Resource kInferenceService{"millrace.dev", "v1alpha1", "InferenceService", "inferenceservices"};
}  // namespace resources

}  // namespace millrace::kube
