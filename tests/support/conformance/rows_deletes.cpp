// DELETE, preconditions, finalizers, owners.
#include "support/conformance/rows.h"

namespace millrace::conformance {

using json::Array;
using json::Object;
using namespace paths;

namespace {
json::Value owned_by(std::string name, std::string kind, std::string owner, std::string uid) {
  return config_map(std::move(name), {},
                    {{"ownerReferences", Array{Object{{"apiVersion", kind == "Job" ? "batch/v1" : "v1"},
                                                      {"kind", kind},
                                                      {"name", std::move(owner)},
                                                      {"uid", std::move(uid)},
                                                      {"controller", true},
                                                      {"blockOwnerDeletion", false}}}}});
}
json::Value finalizers(Array names, std::string version) {
  return Object{{"metadata", Object{{"uid", "{uid}"}, {"resourceVersion", std::move(version)}, {"finalizers", std::move(names)}}}};
}
// The garbage collector hears of objects of one kind in their order: once this one is gone, it knows those made before.
Step orphan() { return post(kConfigMaps, owned_by("orphan", "ConfigMap", "nobody", "00000000-0000-4000-8000-000000000000")); }
Step orphan_goes() { return get(kConfigMaps + "/orphan").gives(404).eventually(); }

}  // namespace

std::vector<Row> rows_of_deletes() {
  const std::string cm = kConfigMaps + "/a";
  return {
      {"DeleteWithoutPreconditionsDeletes",
       {post(kConfigMaps, config_map("a", {})), remove(cm).has("status", "Success"), get(cm).gives(404), remove(cm).gives(404)}},
      {"DeleteWithAnotherUidIsAConflict",
       {post(kConfigMaps, config_map("a", {})),
        remove(cm, Object{{"preconditions", Object{{"uid", "other"}}}})
            .gives(409)
            .has("reason", "Conflict")
            .contains("message", "on ConfigMap \"a\": the UID in the precondition (other) does not match the UID in record"),
        get(cm)}},
      {"DeleteWithAStaleVersionIsAConflict",
       {post(kConfigMaps, config_map("a", {{"k", "1"}})).keeps("uid", "metadata/uid").keeps("old", "metadata/resourceVersion"),
        merge(cm, Object{{"data", Object{{"k", "2"}}}}).keeps("rv", "metadata/resourceVersion"),
        remove(cm, Object{{"preconditions", Object{{"uid", "{uid}"}, {"resourceVersion", "{old}"}}}})
            .gives(409)
            .contains("message",
                      "the ResourceVersion in the precondition ({old}) does not match the ResourceVersion in record ({rv}). The object "
                      "might have been modified"),
        remove(cm, Object{{"preconditions", Object{{"uid", "{uid}"}, {"resourceVersion", "{rv}"}}}, {"propagationPolicy", "Background"}}),
        get(cm).gives(404)}},
      {"ARecreatedObjectHasAnotherUid",
       {post(kConfigMaps, config_map("a", {})).keeps("uid", "metadata/uid"), remove(cm),
        post(kConfigMaps, config_map("a", {})).differs("metadata/uid", "uid")}},
      {"AFinalizerHoldsTheDeletion",
       {post(kConfigMaps, config_map("a", {}, {{"finalizers", Array{"millrace.dev/hold"}}})),
        remove(cm).shows("metadata/deletionTimestamp"), get(cm).shows("metadata/deletionTimestamp"),
        merge(cm, Object{{"metadata", Object{{"finalizers", nullptr}}}}), get(cm).gives(404)}},
      {"FinalizersComeAndGoByMergePatchOfTheWholeListUnderAVersion",
       {post(kWidgets, widget("w", {}, {{"finalizers", Array{"example.org/theirs"}}}))
            .keeps("uid", "metadata/uid")
            .keeps("old", "metadata/resourceVersion"),
        merge(kWidgets + "/w", finalizers({"example.org/theirs", "millrace.dev/hold"}, "{old}"))
            .has("metadata/finalizers/1", "millrace.dev/hold")
            .has("metadata/generation", 1)
            .keeps("new", "metadata/resourceVersion"),
        merge(kWidgets + "/w", finalizers({"example.org/theirs"}, "{old}")).gives(409).has("reason", "Conflict"),
        merge(kWidgets + "/w", finalizers({"example.org/theirs"}, "{new}"))
            .has("metadata/finalizers/0", "example.org/theirs")
            .lacks("metadata/finalizers/1")
            .keeps("last", "metadata/resourceVersion"),
        merge(kWidgets + "/w", finalizers({}, "{last}")).lacks("metadata/finalizers/0"), remove(kWidgets + "/w").has("status", "Success"),
        get(kWidgets + "/w").gives(404)}},
      {"WhileItIsDeletedStatusIsWrittenAndNoFinalizerIsAdded",
       {post(kWidgets, widget("w", {}, {{"finalizers", Array{"millrace.dev/hold", "millrace.dev/more"}}})).keeps("uid", "metadata/uid"),
        remove(kWidgets + "/w").shows("metadata/deletionTimestamp").keeps("rv", "metadata/resourceVersion"),
        merge(kWidgets + "/w", finalizers({"millrace.dev/hold", "millrace.dev/more", "millrace.dev/late"}, "{rv}"))
            .gives(422)
            .has("reason", "Invalid")
            .contains("message", "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted"),
        put(kWidgets + "/w/status", Object{{"apiVersion", "toy.millrace.dev/v1"},
                                           {"kind", "Widget"},
                                           {"metadata", Object{{"name", "w"}, {"resourceVersion", "{rv}"}}},
                                           {"status", Object{{"phase", "Leaving"}}}})
            .has("status/phase", "Leaving")
            .keeps("rv", "metadata/resourceVersion"),
        merge(kWidgets + "/w", finalizers({"millrace.dev/hold"}, "{rv}"))
            .has("metadata/finalizers/0", "millrace.dev/hold")
            .keeps("rv", "metadata/resourceVersion"),
        get(kWidgets + "/w").shows("metadata/deletionTimestamp"),
        merge(kWidgets + "/w", finalizers({}, "{rv}")).lacks("metadata/finalizers/0").shows("metadata/deletionTimestamp"),
        get(kWidgets + "/w").gives(404)}},
      {"DeletionMovesTheGeneration",
       {post(kWidgets, widget("w", {}, {{"finalizers", Array{"millrace.dev/hold"}}})).has("metadata/generation", 1),
        remove(kWidgets + "/w").has("metadata/generation", 2),
        merge(kWidgets + "/w", Object{{"metadata", Object{{"finalizers", nullptr}}}}), get(kWidgets + "/w").gives(404)}},
      {"OwnedObjectsGoWithTheirOwner",
       {post(kConfigMaps, config_map("a", {})).keeps("uid", "metadata/uid"),
        post(kConfigMaps, owned_by("child", "ConfigMap", "a", "{uid}")), remove(cm, Object{{"propagationPolicy", "Background"}}),
        get(kConfigMaps + "/child").gives(404).eventually()}},
      {"AnObjectWhoseOwnerNeverWasGoes",
       {post(kConfigMaps, owned_by("child", "ConfigMap", "a", "00000000-0000-4000-8000-000000000000")),
        get(kConfigMaps + "/child").gives(404).eventually()}},
      {"OrphansStay",
       {post(kConfigMaps, config_map("a", {})).keeps("uid", "metadata/uid"),
        post(kConfigMaps, owned_by("child", "ConfigMap", "a", "{uid}")), orphan(), orphan_goes(),
        remove(cm, Object{{"propagationPolicy", "Orphan"}}), get(cm).gives(404).eventually(),
        get(kConfigMaps + "/child").lacks("metadata/ownerReferences").eventually()}},
      {"AJobDeletedWithoutAPolicyLeavesItsDependents",
       {post(kJobs, suspended_job("j")).keeps("uid", "metadata/uid"), post(kConfigMaps, owned_by("child", "Job", "j", "{uid}")), orphan(),
        orphan_goes(), remove(kJobs + "/j"), get(kJobs + "/j").gives(404).eventually(),
        get(kConfigMaps + "/child").lacks("metadata/ownerReferences").eventually()}},
  };
}

}  // namespace millrace::conformance
