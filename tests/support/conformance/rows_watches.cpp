// What watches tell, and lists that come from a version.
#include "support/conformance/rows.h"

namespace millrace::conformance {

using json::Array;
using json::Object;
using namespace paths;

namespace {
Step tiered(std::string name) { return post(kConfigMaps, config_map(std::move(name), {}, {{"labels", Object{{"tier", "x"}}}})); }
const std::string kTier = "labelSelector=tier%3Dx";
const std::string kInitial = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
const std::string kElsewhere = "/api/v1/namespaces/default/configmaps";
const std::string kFuture = "999999999999";
}  // namespace

std::vector<Row> rows_of_watches() {
  const std::string a = kConfigMaps + "/a", w = kWidgets + "/w";
  return {
      {"AnObjectMadeAnewIsDeletedAndAdded",
       {tiered("a").keeps("rv", "metadata/resourceVersion"), remove(a), tiered("a"),
        watch(kConfigMaps + "?resourceVersion={rv}&" + kTier, {"DELETED a", "ADDED a"})}},
      {"AStatusIsAModification",
       {post(kWidgets, widget("w", {})).keeps("rv", "metadata/resourceVersion"),
        merge(w + "/status", Object{{"status", Object{{"phase", "Made"}}}}), remove(w),
        watch(kWidgets + "?resourceVersion={rv}", {"MODIFIED w", "DELETED w"})}},
      {"AWriteThatChangesNothingIsNoEvent",
       {tiered("a").keeps("rv", "metadata/resourceVersion"), merge(a, Object{{"metadata", Object{{"labels", Object{{"tier", "x"}}}}}}),
        remove(a), watch(kConfigMaps + "?resourceVersion={rv}&" + kTier, {"DELETED a"})}},
      {"ADeletionThatIsHeldIsAModificationUntilItsHoldGoes",
       {post(kWidgets, widget("w", {}, {{"finalizers", Array{"millrace.dev/hold"}}})).keeps("rv", "metadata/resourceVersion"), remove(w),
        merge(w, Object{{"metadata", Object{{"finalizers", nullptr}}}}),
        watch(kWidgets + "?resourceVersion={rv}", {"MODIFIED w", "DELETED w"})}},
      {"AnObjectOfAnotherNamespaceIsNotSeen",
       {tiered("a").keeps("rv", "metadata/resourceVersion"), post(kElsewhere, config_map("{ns}", {}, {{"labels", Object{{"tier", "x"}}}})),
        remove(kElsewhere + "/{ns}"), remove(a), watch(kConfigMaps + "?resourceVersion={rv}&" + kTier, {"DELETED a"})}},
      {"AWatchFromNothingBeginsWithWhatIsThere", {tiered("a"), watch(kConfigMaps + "?" + kTier, {"ADDED a"})}},
      {"AWatchFromZeroBeginsWithWhatIsThere", {tiered("a"), watch(kConfigMaps + "?resourceVersion=0&" + kTier, {"ADDED a"})}},
      {"InitialEventsWithoutBookmarksHaveNoEnd", {tiered("a"), watch(kConfigMaps + "?" + kInitial + "&" + kTier, {"ADDED a"})}},
      {"AMatchRuleOfAWatchNeedsInitialEvents",
       {get(kConfigMaps + "?watch=true&resourceVersion=1&resourceVersionMatch=NotOlderThan").gives(422).has("reason", "Invalid")}},
      {"InitialEventsKnowOneMatchRule",
       {get(kConfigMaps + "?watch=true&sendInitialEvents=true&resourceVersion=1&resourceVersionMatch=Exact")
            .gives(422)
            .has("reason", "Invalid")}},
      {"AListFromTheFutureIsTooLarge",
       {get(kConfigMaps + "?resourceVersion=" + kFuture)
            .gives(504)
            .has("reason", "Timeout")
            .has("details/causes/0/reason", "ResourceVersionTooLarge")
            .contains("message", "Too large resource version: " + kFuture)}},
      {"AListOfNoVersionIsABadRequest", {get(kConfigMaps + "?resourceVersion=abc").gives(400)}},
      {"AMatchRuleOfAListNeedsAVersion",
       {get(kConfigMaps + "?resourceVersionMatch=NotOlderThan").gives(422).has("reason", "Invalid"),
        get(kConfigMaps + "?resourceVersion=0&resourceVersionMatch=Exact").gives(422)}},
      {"AListFromAVersionIsNotOlder",
       {tiered("a"), tiered("b").keeps("rv", "metadata/resourceVersion"),
        get(kConfigMaps + "?resourceVersion={rv}&resourceVersionMatch=NotOlderThan&" + kTier)
            .has("items/1/metadata/name", "b")
            .lacks("items/2")}},
      {"AContinuationThatIsNoneIsABadRequest", {get(kConfigMaps + "?limit=1&continue=nonsense").gives(400).has("reason", "BadRequest")}},
      {"AContinuationGoesOnAtItsVersion",
       {post(kWidgets, widget("a", {})), post(kWidgets, widget("b", {})),
        get(kWidgets + "?limit=1").keeps("more", "metadata/continue").keeps("rv", "metadata/resourceVersion"),
        post(kWidgets, widget("c", {})), remove(kWidgets + "/b"),
        get(kWidgets + "?limit=9&continue={more}")
            .has("items/0/metadata/name", "b")
            .lacks("items/1")
            .same("metadata/resourceVersion", "rv")}},
      {"APageTellsHowManyAreLeft",
       {post(kWidgets, widget("a", {})), post(kWidgets, widget("b", {})), post(kWidgets, widget("c", {})),
        get(kWidgets + "?limit=1").has("metadata/remainingItemCount", 2).lacks("items/1"),
        get(kWidgets + "?limit=3").has("metadata/continue", "").lacks("metadata/remainingItemCount")}},
      {"AListOfAllNamespacesHoldsEachWithItsOwn",
       {post(kConfigMaps, config_map("a", {}, {{"labels", Object{{"row", "{ns}"}}}})),
        get("/api/v1/configmaps?labelSelector=row%3D{ns}").has("items/0/metadata/namespace", "{ns}").lacks("items/1")}},
      {"TheVersionOfAListIsNotOlderThanItsObjects",
       {tiered("a"), merge(a, Object{{"data", Object{{"k", "1"}}}}).keeps("rv", "metadata/resourceVersion"),
        get(kConfigMaps + "?" + kTier).keeps("list", "metadata/resourceVersion").same("items/0/metadata/resourceVersion", "rv"), remove(a),
        watch(kConfigMaps + "?resourceVersion={list}&" + kTier, {"DELETED a"})}},
      {"ASecondDeletionOfWhatIsHeldMovesNothing",
       {post(kWidgets, widget("w", {}, {{"finalizers", Array{"millrace.dev/hold"}}})),
        remove(w).keeps("at", "metadata/deletionTimestamp").keeps("rv", "metadata/resourceVersion"),
        remove(w).same("metadata/deletionTimestamp", "at").same("metadata/resourceVersion", "rv"),
        merge(w, Object{{"metadata", Object{{"finalizers", nullptr}}}}), get(w).gives(404)}},
      {"AnObjectLosesTheOwnerThatWentAndStaysForTheOther",
       {tiered("a").keeps("a", "metadata/uid"), tiered("b").keeps("b", "metadata/uid"),
        post(kConfigMaps,
             config_map("child", {},
                        {{"ownerReferences", Array{Object{{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"name", "a"}, {"uid", "{a}"}},
                                                   Object{{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"name", "b"}, {"uid", "{b}"}}}}})),
        remove(a, Object{{"propagationPolicy", "Background"}}),
        get(kConfigMaps + "/child").same("metadata/ownerReferences/0/uid", "b").lacks("metadata/ownerReferences/1").eventually()}},
      {"AForegroundDeletionWaitsForTheDependents",
       {tiered("a").keeps("a", "metadata/uid"),
        post(
            kConfigMaps,
            config_map("child", {},
                       {{"finalizers", Array{"millrace.dev/hold"}},
                        {"ownerReferences",
                         Array{Object{
                             {"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"name", "a"}, {"uid", "{a}"}, {"blockOwnerDeletion", true}}}}})),
        remove(a, Object{{"propagationPolicy", "Foreground"}})
            .has("metadata/finalizers/0", "foregroundDeletion")
            .shows("metadata/deletionTimestamp"),
        get(kConfigMaps + "/child").shows("metadata/deletionTimestamp").eventually(), get(a).shows("metadata/deletionTimestamp"),
        merge(kConfigMaps + "/child", Object{{"metadata", Object{{"finalizers", nullptr}}}}), get(a).gives(404).eventually()}},
  };
}

}  // namespace millrace::conformance
