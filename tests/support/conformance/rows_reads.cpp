// GET, LIST, WATCH, selectors.
#include "support/conformance/rows.h"

namespace millrace::conformance {

using json::Object;
using namespace paths;

namespace {
Step labelled(std::string name, std::string app) {
  return post(kConfigMaps, config_map(std::move(name), {}, {{"labels", Object{{"app", std::move(app)}, {"tier", "x"}}}}));
}
json::Value event(std::string name, std::string uid) {
  return Object{{"apiVersion", "v1"},
                {"kind", "Event"},
                {"metadata", Object{{"name", std::move(name)}}},
                {"involvedObject", Object{{"kind", "Job"}, {"name", "j"}, {"namespace", "{ns}"}, {"uid", std::move(uid)}}},
                {"reason", "FailedCreate"},
                {"message", "exceeded quota"},
                {"type", "Warning"}};
}
const std::string kInitial = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
const std::string kAll = "labelSelector=tier%3Dx";  // leaves out what the cluster itself puts into a namespace
}  // namespace

std::vector<Row> rows_of_reads() {
  return {
      {"ListTellsKindVersionAndItems",
       {labelled("a", "one"),
        get(kConfigMaps + "?" + kAll)
            .has("kind", "ConfigMapList")
            .has("apiVersion", "v1")
            .shows("metadata/resourceVersion")
            .has("items/0/metadata/name", "a")
            .lacks("items/0/kind"),
        post(kWidgets, widget("w", {})), get(kWidgets).has("kind", "WidgetList").has("items/0/kind", "Widget")}},
      {"ListSelectsByLabel",
       {labelled("a", "one"), labelled("b", "two"),
        get(kConfigMaps + "?labelSelector=app%3Done").has("items/0/metadata/name", "a").lacks("items/1"),
        get(kConfigMaps + "?labelSelector=app%21%3Done,tier").has("items/0/metadata/name", "b").lacks("items/1"),
        get(kConfigMaps + "?labelSelector=app+in+%28one,two%29").has("items/1/metadata/name", "b").lacks("items/2"),
        get(kConfigMaps + "?labelSelector=%21app,tier").lacks("items/0"), get(kConfigMaps + "?labelSelector=app%3D%3D%3D").gives(400)}},
      {"ListSelectsByName",
       {labelled("a", "one"), labelled("b", "two"),
        get(kConfigMaps + "?fieldSelector=metadata.name%3Db").has("items/0/metadata/name", "b").lacks("items/1"),
        get(kConfigMaps + "?fieldSelector=data.k%3Db").gives(400)}},
      {"EventsAreFoundByTheUidOfTheirObject",
       {post(kEvents, event("e1", "u1")), post(kEvents, event("e2", "u2")),
        get(kEvents + "?fieldSelector=involvedObject.uid%3Du2").has("items/0/metadata/name", "e2").lacks("items/1")}},
      {"ListsComeInPages",
       {labelled("a", "one"), labelled("b", "one"), labelled("c", "one"),
        get(kConfigMaps + "?limit=2&" + kAll)
            .has("items/1/metadata/name", "b")
            .lacks("items/2")
            .keeps("more", "metadata/continue")
            .keeps("rv", "metadata/resourceVersion"),
        get(kConfigMaps + "?limit=2&" + kAll + "&continue={more}")
            .has("items/0/metadata/name", "c")
            .lacks("items/1")
            .lacks("metadata/continue")
            .same("metadata/resourceVersion", "rv")}},
      {"AnEmptyListHasItems", {get(kWidgets).has("items", json::Array{})}},
      {"WatchFromAVersionTellsWhatCameAfter",
       {labelled("a", "one"), get(kConfigMaps).keeps("rv", "metadata/resourceVersion"), labelled("b", "one"),
        merge(kConfigMaps + "/b", Object{{"data", Object{{"k", "1"}}}}), remove(kConfigMaps + "/a"),
        watch(kConfigMaps + "?resourceVersion={rv}&" + kAll, {"ADDED b", "MODIFIED b", "DELETED a"})}},
      {"WatchWithInitialEventsEndsThemWithABookmark",
       {labelled("a", "one"), labelled("b", "one"),
        watch(kConfigMaps + "?" + kInitial + "&" + kAll, {"ADDED a", "ADDED b", "BOOKMARK end"})}},
      {"InitialEventsOfNothingAreABookmark", {watch(kWidgets + "?" + kInitial, {"BOOKMARK end"})}},
      {"InitialEventsNeedAMatchRule", {get(kConfigMaps + "?watch=true&sendInitialEvents=true").gives(422).has("reason", "Invalid")}},
      {"WatchSeesObjectsEnterAndLeaveItsSelector",
       {get(kConfigMaps).keeps("rv", "metadata/resourceVersion"), labelled("a", "two"),
        merge(kConfigMaps + "/a", Object{{"metadata", Object{{"labels", Object{{"app", "one"}}}}}}),
        merge(kConfigMaps + "/a", Object{{"data", Object{{"k", "1"}}}}),
        merge(kConfigMaps + "/a", Object{{"metadata", Object{{"labels", Object{{"app", "two"}}}}}}),
        watch(kConfigMaps + "?resourceVersion={rv}&labelSelector=app%3Done", {"ADDED a", "MODIFIED a", "DELETED a"})}},
      {"WatchFromAForgottenVersionIsExpired", {watch(kConfigMaps + "?resourceVersion=1", {"ERROR 410"})}},
      {"WatchOfOneName",
       {labelled("a", "one"), labelled("b", "one"),
        watch(kConfigMaps + "?" + kInitial + "&fieldSelector=metadata.name%3Db", {"ADDED b", "BOOKMARK end"})}},
      {"UnknownPathsAreNotFound",
       {get("/apis/toy.millrace.dev/v1/namespaces/{ns}/gadgets").gives(404), get(kConfigMaps + "/a/scale").gives(404)}},
  };
}

}  // namespace millrace::conformance
