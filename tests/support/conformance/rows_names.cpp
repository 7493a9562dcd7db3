// What an object may be called, carry and be owned by; what of its metadata nobody may set.
#include "support/conformance/rows.h"

namespace millrace::conformance {

using json::Array;
using json::Object;
using namespace paths;

namespace {
json::Value owner(std::string name, std::string uid, bool controller) {
  return Object{
      {"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"name", std::move(name)}, {"uid", std::move(uid)}, {"controller", controller}};
}
Step named(std::string name) { return post(kConfigMaps, config_map(std::move(name), {})); }
Step labelled(std::string key, std::string value) {
  return post(kConfigMaps, config_map("a", {}, {{"labels", Object{{std::move(key), std::move(value)}}}}));
}
}  // namespace

std::vector<Row> rows_of_names() {
  const std::string cm = kConfigMaps + "/a", w = kWidgets + "/w";
  return {
      {"ANameIsADnsSubdomain",
       {named("A").gives(422).has("reason", "Invalid").has("details/causes/0/field", "metadata.name"), named("a_b").gives(422),
        named("-a").gives(422), named("a.b-c"), named(std::string(253, 'a')), named(std::string(254, 'a')).gives(422)}},
      {"ANameOfACustomKindIsADnsSubdomain",
       {post(kWidgets, widget("W", {})).gives(422).has("details/causes/0/field", "metadata.name"), post(kWidgets, widget("w.x", {}))}},
      {"ANameOfAServiceIsALabel",
       {post(kServices, service("a.b")).gives(422).has("details/causes/0/field", "metadata.name"),
        post(kServices, service(std::string(64, 'a'))).gives(422), post(kServices, service(std::string(63, 'a')))}},
      {"ALabelValueHasSixtyThreeCharacters",
       {labelled("x", std::string(64, 'a')).gives(422).has("reason", "Invalid").has("details/causes/0/field", "metadata.labels"),
        labelled("x", "a b").gives(422), labelled("x", std::string(63, 'a'))}},
      {"AKeyOfALabelMayHaveAPrefix",
       {labelled("example.org/x/y", "1").gives(422), labelled("-x", "1").gives(422), labelled("example.org/x", "1")}},
      {"AnnotationsHoldAnyText",
       {post(kWidgets, widget("w", {}, {{"annotations", Object{{"example.org/x", "é ✓ \"quoted\"\n<&>"}}}}))
            .has("metadata/annotations/example.org~x", "é ✓ \"quoted\"\n<&>"),
        get(w).has("metadata/annotations/example.org~x", "é ✓ \"quoted\"\n<&>")}},
      {"AnObjectHasOneController",
       {post(kConfigMaps, config_map("a", {}, {{"ownerReferences", Array{owner("x", "u1", true), owner("y", "u2", true)}}}))
            .gives(422)
            .has("reason", "Invalid")
            .contains("message", "Only one reference can have Controller set to true"),
        get(cm).gives(404)}},
      {"AnOwnerHasAUid",
       {post(kConfigMaps, config_map("a", {}, {{"ownerReferences", Array{owner("x", "", true)}}}))
            .gives(422)
            .contains("details/causes/0/field", "metadata.ownerReferences")}},
      {"TheGenerationIsTheServers",
       {post(kWidgets, widget("w", {}, {{"generation", 7}})).has("metadata/generation", 1).keeps("rv", "metadata/resourceVersion"),
        put(w, widget("w", {{"colour", "blue"}}, {{"resourceVersion", "{rv}"}, {"generation", 99}})).has("metadata/generation", 2)}},
      {"TheBirthOfAnObjectIsTheServers",
       {post(kWidgets, widget("w", {}, {{"creationTimestamp", "2001-01-01T00:00:00Z"}}))
            .keeps("born", "metadata/creationTimestamp")
            .keeps("rv", "metadata/resourceVersion"),
        put(w, widget("w", {}, {{"resourceVersion", "{rv}"}, {"creationTimestamp", "2001-01-01T00:00:00Z"}}))
            .same("metadata/creationTimestamp", "born")}},
      {"NobodySetsADeletion",
       {post(kWidgets, widget("w", {}, {{"deletionTimestamp", "2001-01-01T00:00:00Z"}}))
            .lacks("metadata/deletionTimestamp")
            .keeps("rv", "metadata/resourceVersion"),
        put(w, widget("w", {}, {{"resourceVersion", "{rv}"}, {"deletionTimestamp", "2001-01-01T00:00:00Z"}}))
            .gives(422)
            .has("details/causes/0/field", "metadata.deletionTimestamp"),
        get(w).same("metadata/resourceVersion", "rv")}},
      {"OwnersDoNotMoveTheGeneration",
       {post(kConfigMaps, config_map("a", {})).keeps("uid", "metadata/uid"), post(kWidgets, widget("w", {})),
        merge(w, Object{{"metadata", Object{{"ownerReferences", Array{owner("a", "{uid}", false)}}}}})
            .has("metadata/generation", 1)
            .same("metadata/ownerReferences/0/uid", "uid")}},
  };
}

}  // namespace millrace::conformance
