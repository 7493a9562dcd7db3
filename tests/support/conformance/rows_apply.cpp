// Server-side apply: who owns what.
#include "support/conformance/rows.h"

namespace millrace::conformance {

using json::Array;
using json::Object;
using namespace paths;

namespace {
json::Value data(Object members, Object meta = {}) { return config_map("a", std::move(members), std::move(meta)); }
json::Value labels(Object members) {
  return Object{{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", Object{{"name", "a"}, {"labels", std::move(members)}}}};
}
}  // namespace

std::vector<Row> rows_of_apply() {
  const std::string cm = kConfigMaps + "/a", w = kWidgets + "/w", d = kDeployments + "/d", s = kServices + "/s";
  return {
      {"ApplyCreatesAndIsQuietWhenRepeated",
       {apply_to(cm, data({{"k", "1"}}))
            .gives(201)
            .keeps("rv", "metadata/resourceVersion")
            .has("metadata/managedFields/0/operation", "Apply")
            .has("metadata/managedFields/0/manager", "millrace"),
        apply_to(cm, data({{"k", "1"}})).same("metadata/resourceVersion", "rv")}},
      {"ApplyWithoutAManagerIsRefused",
       {apply_to(cm, data({{"k", "1"}}), "").gives(422).has("reason", "Invalid").has("details/causes/0/field", "fieldManager")}},
      {"ApplyRemovesWhatItNoLongerSends",
       {apply_to(cm, data({{"k", "1"}, {"l", "2"}})).gives(201), apply_to(cm, data({{"k", "1"}})).has("data/k", "1").lacks("data/l")}},
      {"ApplyLeavesWhatOthersMade",
       {post(kConfigMaps, data({{"other", "1"}})), apply_to(cm, data({{"k", "1"}})).has("data/other", "1").has("data/k", "1"),
        apply_to(cm, data({})).has("data/other", "1").lacks("data/k")}},
      {"ApplyOverAnothersFieldConflicts",
       {post(kConfigMaps, data({{"k", "1"}}), "somebody"),
        apply_to(cm, data({{"k", "2"}}))
            .gives(409)
            .has("reason", "Conflict")
            .has("details/causes/0/reason", "FieldManagerConflict")
            .has("details/causes/0/field", ".data.k")
            .contains("details/causes/0/message", "conflict with \"somebody\""),
        get(cm).has("data/k", "1")}},
      {"ApplyOfTheSameValueIsShared",
       {post(kConfigMaps, data({{"k", "1"}}), "somebody"), apply_to(cm, data({{"k", "1"}})).has("data/k", "1"),
        apply_to(cm, data({})).has("data/k", "1")}},
      {"ForceTakesTheField",
       {post(kConfigMaps, data({{"k", "1"}}), "somebody"), apply_to(cm, data({{"k", "2"}}), "millrace", true).has("data/k", "2"),
        apply_to(cm, data({})).lacks("data/k")}},
      {"AnUpdateTakesTheFieldFromAnApplier",
       {apply_to(cm, data({{"k", "1"}})).gives(201), merge(cm, Object{{"data", Object{{"k", "2"}}}}, "somebody").has("data/k", "2"),
        apply_to(cm, data({{"k", "1"}})).gives(409), apply_to(cm, data({})).has("data/k", "2")}},
      {"TwoAppliersShareAndTheLastOneRemoves",
       {apply_to(cm, data({{"k", "1"}}), "one").gives(201), apply_to(cm, data({{"k", "1"}}), "two"),
        apply_to(cm, data({}), "one").has("data/k", "1"), apply_to(cm, data({}), "two").lacks("data/k")}},
      {"TheEntryOfAPostKeepsWhatAnApplyOfTheSameManagerLeavesOut",
       {post(kDeployments, deployment("d", {{"replicas", 0}}), "millrace"),
        apply_to(d, deployment("d"), "millrace", true).has("spec/replicas", 0),
        apply_to(d, deployment("d"), "millrace", true).has("spec/replicas", 0)}},
      {"AnApplierThatDropsReplicasLosesThem",
       {apply_to(d, deployment("d", {{"replicas", 0}})).gives(201).has("spec/replicas", 0),
        apply_to(d, deployment("d", {{"paused", true}})).has("spec/replicas", 1),
        apply_to(d, deployment("d", {{"replicas", 0}})).has("spec/replicas", 0)}},
      {"ScaleKeepsReplicasFromAnApplyWithoutThem",
       {post(kDeployments, deployment("d", {{"replicas", 0}, {"paused", true}}), "millrace"),
        merge(d + "/scale", Object{{"spec", Object{{"replicas", 3}}}}, "millrace").has("kind", "Scale").has("spec/replicas", 3),
        apply_to(d, deployment("d", {{"paused", true}}), "millrace", true).has("spec/replicas", 3),
        merge(d + "/scale", Object{{"spec", Object{{"replicas", 0}}}}, "millrace")}},
      {"ApplyWithAnotherUidOverAnExistingNameIsInvalid",
       {apply_to(cm, data({{"k", "1"}})).gives(201),
        apply_to(cm, data({{"k", "2"}}, {{"uid", "00000000-0000-4000-8000-000000000000"}}), "millrace", true)
            .gives(422)
            .has("reason", "Invalid")
            .has("details/causes/0/field", "metadata.uid"),
        get(cm).has("data/k", "1")}},
      {"ApplyWithAUidOfNothingIsAConflict",
       {apply_to(cm, data({{"k", "2"}}, {{"uid", "00000000-0000-4000-8000-000000000000"}}), "millrace", true)
            .gives(409)
            .has("reason", "Conflict"),
        get(cm).gives(404)}},
      {"ApplyWithTheRightUidAndVersionSucceeds",
       {apply_to(cm, data({{"k", "1"}})).gives(201).keeps("uid", "metadata/uid").keeps("rv", "metadata/resourceVersion"),
        apply_to(cm, data({{"k", "2"}}, {{"uid", "{uid}"}, {"resourceVersion", "{rv}"}}), "millrace", true).has("data/k", "2")}},
      {"ApplyWithAStaleVersionIsAConflict",
       {apply_to(cm, data({{"k", "1"}})).gives(201).keeps("old", "metadata/resourceVersion"), apply_to(cm, data({{"k", "2"}})),
        apply_to(cm, data({{"k", "3"}}, {{"resourceVersion", "{old}"}}), "millrace", true).gives(409).has("reason", "Conflict"),
        get(cm).has("data/k", "2")}},
      {"ApplyWithAVersionThatNothingHasOnlyCreates",
       {apply_to(cm, data({{"k", "1"}}, {{"resourceVersion", "1"}})).gives(201).has("data/k", "1").keeps("rv", "metadata/resourceVersion"),
        apply_to(cm, data({{"l", "2"}}, {{"resourceVersion", "1"}}), "somebody").gives(409).has("reason", "Conflict"),
        get(cm).lacks("data/l").same("metadata/resourceVersion", "rv")}},
      {"AnApplyOfMetadataAloneTakesAJobOver",
       {post(kConfigMaps, config_map("a", {})).keeps("owner", "metadata/uid"),
        post(kJobs, suspended_job("j"), "somebody").keeps("uid", "metadata/uid").keeps("rv", "metadata/resourceVersion"),
        apply_to(kJobs + "/j",
                 Object{{"apiVersion", "batch/v1"},
                        {"kind", "Job"},
                        {"metadata", Object{{"name", "j"},
                                            {"uid", "{uid}"},
                                            {"resourceVersion", "{rv}"},
                                            {"labels", Object{{"x", "y"}}},
                                            {"ownerReferences", Array{Object{{"apiVersion", "v1"},
                                                                             {"kind", "ConfigMap"},
                                                                             {"name", "a"},
                                                                             {"uid", "{owner}"},
                                                                             {"controller", true},
                                                                             {"blockOwnerDeletion", false}}}}}}},
                 "millrace", true)
            .same("metadata/ownerReferences/0/uid", "owner")
            .has("metadata/labels/x", "y")
            .has("spec/suspend", true)}},
      {"UnforcedApplyOverAForeignServiceConflicts",
       {post(kServices, service("s"), "somebody"),
        apply_to(s, service("s", {{"selector", Object{{"app", "ours"}}}})).gives(409).has("details/causes/0/field", ".spec.selector"),
        get(s).has("spec/selector/app", "s")}},
      {"AtomicMapsAreReplacedWhole",
       {apply_to(s, service("s", {{"selector", Object{{"app", "s"}, {"revision", "1"}}}})).gives(201),
        apply_to(s, service("s", {{"selector", Object{{"app", "s"}, {"all", "2"}}}}))
            .lacks("spec/selector/revision")
            .has("spec/selector/all", "2")}},
      {"ListsMergeByKey",
       {apply_to(w, widget("w", {{"parts", Array{Object{{"name", "a"}, {"size", "1"}}}}}), "one").gives(201),
        apply_to(w, widget("w", {{"parts", Array{Object{{"name", "b"}, {"size", "2"}}}}}), "two")
            .has("spec/parts/name=a/size", "1")
            .has("spec/parts/name=b/size", "2"),
        apply_to(w, widget("w", {}), "one").lacks("spec/parts/name=a").has("spec/parts/name=b/size", "2")}},
      {"ListsWithoutKeysAreOnePiece",
       {apply_to(w, widget("w", {{"args", Array{"a"}}}), "one").gives(201),
        apply_to(w, widget("w", {{"args", Array{"b"}}}), "two").gives(409).has("details/causes/0/field", ".spec.args"),
        apply_to(w, widget("w", {{"args", Array{"b"}}}), "two", true).has("spec/args", Array{"b"})}},
      {"LabelsAreOwnedOneByOne",
       {apply_to(cm, labels({{"a", "1"}}), "one").gives(201),
        apply_to(cm, labels({{"b", "2"}}), "two").has("metadata/labels/a", "1").has("metadata/labels/b", "2"),
        apply_to(cm, labels({}), "one").lacks("metadata/labels/a").has("metadata/labels/b", "2")}},
      {"AnEmptyMapOfABuiltInKindIsNotStoredAndStillOwned",
       {apply_to(cm, data({}), "one").gives(201).lacks("data"),
        apply_to(cm, data({}), "two").gives(409).has("details/causes/0/field", ".data")}},
      {"StatusAppliesLiveApartFromTheRest",
       {post(kWidgets, widget("w", {{"colour", "blue"}})),
        apply_to(w + "/status", Object{{"apiVersion", "toy.millrace.dev/v1"},
                                       {"kind", "Widget"},
                                       {"metadata", Object{{"name", "w"}}},
                                       {"status", Object{{"phase", "Made"}}}})
            .has("status/phase", "Made")
            .has("spec/colour", "blue"),
        apply_to(w, widget("w", {{"options", Object{{"x", "1"}}}})).has("status/phase", "Made").has("spec/options/x", "1")}},
      {"ARemovedContainerGoesWithItsDefaults",
       {apply_to(d, deployment("d", {{"replicas", 0},
                                     {"template", Object{{"metadata", Object{{"labels", Object{{"app", "d"}}}}},
                                                         {"spec", Object{{"containers",
                                                                          Array{Object{{"name", "a"}, {"image", "example.org/a:1"}},
                                                                                Object{{"name", "b"}, {"image", "example.org/b:1"}}}}}}}}}))
            .gives(201)
            .has("spec/template/spec/containers/name=b/terminationMessagePath", "/dev/termination-log"),
        apply_to(d, deployment("d", {{"replicas", 0},
                                     {"template", Object{{"metadata", Object{{"labels", Object{{"app", "d"}}}}},
                                                         {"spec", Object{{"containers",
                                                                          Array{Object{{"name", "a"}, {"image", "example.org/a:1"}}}}}}}}}))
            .lacks("spec/template/spec/containers/name=b")}},
  };
}

}  // namespace millrace::conformance
