// Built-in kinds: defaults, immutable members, quantities.
#include "support/conformance/rows.h"

namespace millrace::conformance {

using json::Array;
using json::Object;
using namespace paths;

namespace {
json::Value revision(std::string name, json::Value data, std::int64_t number) {
  return Object{{"apiVersion", "apps/v1"},
                {"kind", "ControllerRevision"},
                {"metadata", Object{{"name", std::move(name)}}},
                {"revision", number},
                {"data", std::move(data)}};
}
// A suspended Job that never started may still change its template.
json::Value started_job(std::string name) {
  json::Value job = suspended_job(std::move(name));
  for (const char* field : {"suspend", "managedBy"}) job.object()->find("spec")->object()->erase(field);
  return job;
}
}  // namespace

std::vector<Row> rows_of_kinds() {
  const std::string r = kRevisions + "/r", j = kJobs + "/j", d = kDeployments + "/d", s = kServices + "/s",
                    box = "spec/template/spec/containers/0/";
  return {
      {"DataOfAControllerRevisionIsImmutable",
       {post(kRevisions, revision("r", Object{{"spec", Object{{"a", 1}}}}, 1)).has("data/spec/a", 1).lacks("metadata/generation"),
        merge(r, Object{{"data", Object{{"spec", Object{{"a", 2}}}}}})
            .gives(422)
            .has("reason", "Invalid")
            .has("details/causes/0/field", "data"),
        merge(r, Object{{"metadata", Object{{"annotations", Object{{"role", "stable"}}}}}}).has("metadata/annotations/role", "stable")}},
      {"TheTemplateOfAJobIsImmutable",
       {post(kJobs, started_job("j")),
        merge(j, Object{{"spec", Object{{"template", Object{{"spec", Object{{"restartPolicy", "OnFailure"}}}}}}}})
            .gives(422)
            .has("reason", "Invalid")
            .has("details/causes/0/field", "spec.template"),
        merge(j, Object{{"metadata", Object{{"annotations", Object{{"x", "y"}}}}}}).has("metadata/annotations/x", "y")}},
      {"AJobGetsItsDefaults",
       {post(kJobs, suspended_job("j"))
            .has("spec/parallelism", 1)
            .has("spec/completions", 1)
            .has("spec/completionMode", "NonIndexed")
            .has("spec/podReplacementPolicy", "TerminatingOrFailed")
            .shows("spec/selector")
            .has("spec/template/metadata/labels/batch.kubernetes.io~job-name", "j")
            .has(box + "terminationMessagePath", "/dev/termination-log")}},
      {"ADeploymentGetsItsDefaults",
       {post(kDeployments, deployment("d", {{"paused", true}}))
            .has("spec/replicas", 1)
            .has("spec/strategy/type", "RollingUpdate")
            .has("spec/progressDeadlineSeconds", 600)
            .has("spec/template/spec/restartPolicy", "Always")
            .has(box + "imagePullPolicy", "IfNotPresent"),
        merge(d + "/scale", Object{{"spec", Object{{"replicas", 0}}}})}},
      {"QuantitiesOfBuiltInKindsBecomeCanonical",
       {post(kDeployments, deployment("d", {{"replicas", 0}}))
            .has(box + "resources/requests/cpu", "1")
            .has(box + "resources/requests/memory", "1Gi")}},
      {"TheSelectorOfADeploymentIsImmutable",
       {post(kDeployments, deployment("d", {{"replicas", 0}})),
        merge(d, Object{{"spec", Object{{"selector", Object{{"matchLabels", Object{{"app", "other"}}}}},
                                        {"template", Object{{"metadata", Object{{"labels", Object{{"app", "other"}}}}}}}}}})
            .gives(422)
            .has("reason", "Invalid")}},
      {"AServiceGetsItsDefaults",
       {post(kServices, service("s"))
            .has("spec/type", "ClusterIP")
            .shows("spec/clusterIP")
            .has("spec/sessionAffinity", "None")
            .has("spec/ports/0/protocol", "TCP")
            .has("spec/ports/0/targetPort", 80)
            .has("spec/internalTrafficPolicy", "Cluster")
            .lacks("metadata/generation")}},
      {"TheAddressOfAServiceIsImmutable",
       {post(kServices, service("s")),
        merge(s, Object{{"spec", Object{{"clusterIP", "10.96.250.250"}, {"clusterIPs", Array{"10.96.250.250"}}}}}).gives(422)}},
      {"AnAppliedServiceKeepsItsAddress",
       {apply_to(s, service("s")).gives(201).keeps("ip", "spec/clusterIP"),
        apply_to(s, service("s", {{"selector", Object{{"app", "other"}}}}))
            .same("spec/clusterIP", "ip")
            .has("spec/selector/app", "other")}},
      {"ScaleOfADeploymentMovesReplicasAlone",
       {post(kDeployments, deployment("d", {{"replicas", 0}, {"paused", true}})).has("metadata/generation", 1),
        merge(d + "/scale", Object{{"spec", Object{{"replicas", 2}}}})
            .has("kind", "Scale")
            .has("apiVersion", "autoscaling/v1")
            .has("spec/replicas", 2),
        get(d).has("spec/replicas", 2).has("metadata/generation", 2), get(d + "/scale").has("spec/replicas", 2).shows("metadata/uid"),
        merge(d + "/scale", Object{{"spec", Object{{"replicas", -1}}}}).gives(422),
        merge(d + "/scale", Object{{"spec", Object{{"replicas", 0}}}})}},
      {"ScaleWithAStaleVersionIsAConflict",
       {post(kDeployments, deployment("d", {{"replicas", 0}})).keeps("old", "metadata/resourceVersion"),
        merge(d, Object{{"metadata", Object{{"labels", Object{{"x", "y"}}}}}}),
        merge(d + "/scale", Object{{"metadata", Object{{"resourceVersion", "{old}"}}}, {"spec", Object{{"replicas", 2}}}}).gives(409)}},
      {"AJobWithoutContainersIsInvalid",
       {post(kJobs, Object{{"apiVersion", "batch/v1"},
                           {"kind", "Job"},
                           {"metadata", Object{{"name", "j"}}},
                           {"spec", Object{{"template", Object{{"spec", Object{{"restartPolicy", "Never"}, {"containers", Array{}}}}}}}}})
            .gives(422)
            .has("reason", "Invalid")}},
  };
}

}  // namespace millrace::conformance
