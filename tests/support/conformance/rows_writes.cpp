// POST, PUT, merge patch, status, generation.
#include "support/conformance/rows.h"

namespace millrace::conformance {

using json::Array;
using json::Object;
using namespace paths;

std::vector<Row> rows_of_writes() {
  const std::string cm = kConfigMaps + "/a", w = kWidgets + "/w", d = kDeployments + "/d";
  return {
      {"PostTwiceIsAlreadyExists",
       {post(kConfigMaps, config_map("a", {{"k", "1"}}))
            .shows("metadata/uid")
            .shows("metadata/resourceVersion")
            .shows("metadata/creationTimestamp"),
        post(kConfigMaps, config_map("a", {{"k", "2"}}))
            .gives(409)
            .has("reason", "AlreadyExists")
            .has("details/name", "a")
            .has("details/kind", "configmaps")
            .has("code", 409)
            .has("status", "Failure"),
        get(cm).has("data/k", "1")}},
      {"PostIntoAMissingNamespaceIsNotFound",
       {post("/api/v1/namespaces/{ns}-none/configmaps", config_map("a", {}))
            .gives(404)
            .has("reason", "NotFound")
            .has("details/kind", "namespaces")}},
      {"PostWithAnotherNamespaceInTheBodyIsABadRequest",
       {post(kConfigMaps, config_map("a", {}, {{"namespace", "elsewhere"}})).gives(400).has("reason", "BadRequest")}},
      {"PostWithoutANameIsInvalid",
       {post(kConfigMaps, Object{{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", Object{}}})
            .gives(422)
            .has("reason", "Invalid")
            .has("details/causes/0/field", "metadata.name")}},
      {"PostIgnoresAUidOfTheBody",
       {post(kConfigMaps, config_map("a", {}, {{"uid", "mine"}})).shows("metadata/uid"), get(cm).differs("metadata/uid", "none")}},
      {"PostWithAVersionIsRefused",
       {post(kConfigMaps, config_map("a", {}, {{"resourceVersion", "1"}})).gives(500).contains("message", "resourceVersion")}},
      {"PostDropsStatus",
       {post(kWidgets, Object{{"apiVersion", "toy.millrace.dev/v1"},
                              {"kind", "Widget"},
                              {"metadata", Object{{"name", "w"}}},
                              {"spec", Object{}},
                              {"status", Object{{"phase", "Made"}}}})
            .lacks("status"),
        get(w).lacks("status").has("metadata/generation", 1)}},
      {"GetOfNothingIsNotFound",
       {get(cm).gives(404).has("reason", "NotFound").has("details/name", "a").has("message", "configmaps \"a\" not found"),
        get(w).gives(404).has("message", "widgets.toy.millrace.dev \"w\" not found").has("details/group", "toy.millrace.dev")}},
      {"PutWithAStaleVersionIsAConflict",
       {post(kWidgets, widget("w", {{"colour", "blue"}})).keeps("old", "metadata/resourceVersion"),
        merge(w, Object{{"spec", Object{{"colour", "green"}}}}),
        put(w, widget("w", {{"colour", "white"}}, {{"resourceVersion", "{old}"}}))
            .gives(409)
            .has("reason", "Conflict")
            .contains("message", "the object has been modified"),
        get(w).has("spec/colour", "green")}},
      {"PutOfACustomKindNeedsAVersion",
       {post(kWidgets, widget("w", {})), put(w, widget("w", {{"colour", "white"}}))
                                             .gives(422)
                                             .has("reason", "Invalid")
                                             .has("details/causes/0/field", "metadata.resourceVersion")}},
      {"PutWithAnotherUidIsAConflict",
       {post(kWidgets, widget("w", {})).keeps("rv", "metadata/resourceVersion"),
        put(w, widget("w", {}, {{"resourceVersion", "{rv}"}, {"uid", "other"}})).gives(409).has("reason", "Conflict")}},
      {"PutUnderAnotherNameIsABadRequest",
       {post(kWidgets, widget("w", {})).keeps("rv", "metadata/resourceVersion"),
        put(w, widget("v", {}, {{"resourceVersion", "{rv}"}})).gives(400)}},
      {"PutThatChangesNothingKeepsTheVersion",
       {post(kWidgets, widget("w", {{"colour", "blue"}})).keeps("rv", "metadata/resourceVersion"),
        put(w, widget("w", {{"colour", "blue"}}, {{"resourceVersion", "{rv}"}})).same("metadata/resourceVersion", "rv")}},
      {"StatusPutWritesStatusOnly",
       {post(kWidgets, widget("w", {{"colour", "blue"}})).keeps("rv", "metadata/resourceVersion"),
        put(w + "/status", Object{{"apiVersion", "toy.millrace.dev/v1"},
                                  {"kind", "Widget"},
                                  {"metadata", Object{{"name", "w"}, {"resourceVersion", "{rv}"}, {"labels", Object{{"x", "y"}}}}},
                                  {"spec", Object{{"colour", "white"}}},
                                  {"status", Object{{"phase", "Made"}}}})
            .has("status/phase", "Made")
            .has("spec/colour", "blue")
            .has("metadata/generation", 1)
            .lacks("metadata/labels")
            .differs("metadata/resourceVersion", "rv")}},
      {"StatusPutWithAStaleVersionIsAConflict",
       {post(kWidgets, widget("w", {})).keeps("old", "metadata/resourceVersion"),
        merge(w, Object{{"metadata", Object{{"annotations", Object{{"a", "b"}}}}}}),
        put(w + "/status", Object{{"apiVersion", "toy.millrace.dev/v1"},
                                  {"kind", "Widget"},
                                  {"metadata", Object{{"name", "w"}, {"resourceVersion", "{old}"}}},
                                  {"status", Object{{"phase", "Made"}}}})
            .gives(409)
            .has("reason", "Conflict"),
        get(w).lacks("status")}},
      {"MainPutKeepsStatus",
       {post(kWidgets, widget("w", {})),
        merge(w + "/status", Object{{"status", Object{{"phase", "Made"}}}}).keeps("rv", "metadata/resourceVersion"),
        put(w, widget("w", {{"colour", "white"}}, {{"resourceVersion", "{rv}"}}))
            .has("status/phase", "Made")
            .has("spec/colour", "white")
            .has("metadata/generation", 2)}},
      {"LabelEditsDoNotMoveTheGeneration",
       {post(kDeployments, deployment("d", {{"replicas", 0}})).has("metadata/generation", 1),
        merge(d, Object{{"metadata", Object{{"labels", Object{{"x", "y"}}}}}})
            .has("metadata/generation", 1)
            .has("metadata/labels/x", "y")}},
      {"AnnotationEditsMoveTheGenerationOfDeploymentsAlone",
       {post(kDeployments, deployment("d", {{"replicas", 0}})),
        merge(d, Object{{"metadata", Object{{"annotations", Object{{"x", "y"}}}}}}).has("metadata/generation", 2),
        post(kWidgets, widget("w", {})),
        merge(w, Object{{"metadata", Object{{"annotations", Object{{"x", "y"}}}, {"labels", Object{{"x", "y"}}}}}})
            .has("metadata/generation", 1),
        post(kJobs, suspended_job("j")).keeps("g", "metadata/generation"),
        merge(kJobs + "/j", Object{{"metadata", Object{{"annotations", Object{{"x", "y"}}}}}}).same("metadata/generation", "g")}},
      {"StatusEditsDoNotMoveTheGeneration",
       {post(kWidgets, widget("w", {})),
        merge(w + "/status", Object{{"status", Object{{"phase", "Made"}}}}).has("metadata/generation", 1).has("status/phase", "Made")}},
      {"SpecEditsMoveTheGeneration",
       {post(kWidgets, widget("w", {})), merge(w, Object{{"spec", Object{{"colour", "white"}}}}).has("metadata/generation", 2),
        merge(w, Object{{"spec", Object{{"colour", "white"}}}}).has("metadata/generation", 2)}},
      {"MergePatchWithAStaleVersionIsAConflict",
       {post(kConfigMaps, config_map("a", {{"k", "1"}})).keeps("old", "metadata/resourceVersion"),
        merge(cm, Object{{"data", Object{{"k", "2"}}}}).keeps("rv", "metadata/resourceVersion"),
        merge(cm, Object{{"metadata", Object{{"resourceVersion", "{old}"}}}, {"data", Object{{"k", "3"}}}})
            .gives(409)
            .has("reason", "Conflict"),
        merge(cm, Object{{"metadata", Object{{"resourceVersion", "{rv}"}}}, {"data", Object{{"k", "4"}}}}).has("data/k", "4")}},
      {"MergePatchOfAStatusIsGuardedByItsVersionAndLeavesTheRestOfIt",
       {post(kWidgets, widget("w", {})).keeps("old", "metadata/resourceVersion").keeps("uid", "metadata/uid"),
        merge(w + "/status", Object{{"metadata", Object{{"resourceVersion", "{old}"}, {"uid", "{uid}"}}},
                                    {"status", Object{{"phase", "Made"}, {"ready", 1}}}})
            .keeps("rv", "metadata/resourceVersion"),
        merge(w + "/status",
              Object{{"metadata", Object{{"resourceVersion", "{old}"}, {"uid", "{uid}"}}}, {"status", Object{{"phase", "Stale"}}}})
            .gives(409)
            .has("reason", "Conflict"),
        merge(w + "/status",
              Object{{"metadata", Object{{"resourceVersion", "{rv}"}, {"uid", "{uid}"}}}, {"status", Object{{"phase", "Again"}}}})
            .has("status/phase", "Again")
            .has("status/ready", 1)}},
      {"MergePatchOfAStatusDropsItsMetadata",
       {post(kWidgets, widget("w", {})).keeps("uid", "metadata/uid"),
        merge(w + "/status", Object{{"metadata", Object{{"uid", "other"}}}, {"status", Object{{"phase", "Made"}}}})
            .same("metadata/uid", "uid")
            .has("status/phase", "Made")}},
      {"MergePatchWithAnotherUidIsInvalid",
       {post(kWidgets, widget("w", {})), merge(w, Object{{"metadata", Object{{"uid", "other"}}}, {"spec", Object{{"colour", "white"}}}})
                                             .gives(422)
                                             .has("reason", "Invalid")
                                             .has("details/causes/0/field", "metadata.uid")}},
      {"MergePatchRemovesWithNull",
       {post(kConfigMaps, config_map("a", {{"k", "1"}, {"l", "2"}})),
        merge(cm, Object{{"data", Object{{"k", nullptr}}}}).lacks("data/k").has("data/l", "2")}},
      {"MergePatchThatChangesNothingKeepsTheVersion",
       {post(kConfigMaps, config_map("a", {{"k", "1"}})).keeps("rv", "metadata/resourceVersion"),
        merge(cm, Object{{"data", Object{{"k", "1"}}}}).same("metadata/resourceVersion", "rv")}},
      {"MergePatchOfNothingIsNotFound", {merge(cm, Object{{"data", Object{}}}).gives(404)}},
      {"MergePatchReplacesWholeLists",
       {post(kWidgets, widget("w", {{"parts", Array{Object{{"name", "a"}}, Object{{"name", "b"}}}}})),
        merge(w, Object{{"spec", Object{{"parts", Array{Object{{"name", "c"}}}}}}}).has("spec/parts", Array{Object{{"name", "c"}}})}},
      {"NamespacesAreIsolated", {post(kConfigMaps, config_map("a", {})), get("/api/v1/namespaces/default/configmaps/a").gives(404)}},
  };
}

}  // namespace millrace::conformance
