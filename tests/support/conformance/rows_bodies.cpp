// What a request may say: dry runs, kinds of patches, bodies that fit, numbers and nulls.
#include <limits>

#include "support/conformance/rows.h"

namespace millrace::conformance {

using json::Array;
using json::Object;
using namespace paths;

namespace {
Step raw(std::string method, std::string path, std::string body, std::string content_type) {
  return {
      .request = {.method = std::move(method), .path = std::move(path), .body = std::move(body), .content_type = std::move(content_type)}};
}
constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
}  // namespace

std::vector<Row> rows_of_bodies() {
  const std::string cm = kConfigMaps + "/a", w = kWidgets + "/w", d = kDeployments + "/d";
  return {
      {"ADryRunStoresNothing",
       {post(kConfigMaps + "?dryRun=All", config_map("a", {{"k", "1"}})).gives(201).has("data/k", "1"), get(cm).gives(404),
        post(kConfigMaps, config_map("a", {{"k", "1"}})).keeps("rv", "metadata/resourceVersion"),
        merge(cm + "?dryRun=All", Object{{"data", Object{{"k", "2"}}}}).has("data/k", "2"),
        remove(cm + "?dryRun=All").has("status", "Success"), get(cm).has("data/k", "1").same("metadata/resourceVersion", "rv")}},
      {"ADryRunIsRefusedLikeTheWrite",
       {post(kConfigMaps, config_map("a", {})),
        post(kConfigMaps + "?dryRun=All", config_map("a", {})).gives(409).has("reason", "AlreadyExists"),
        post(kWidgets + "?dryRun=All", widget("w", {{"replicas", 11}})).gives(422),
        post(kConfigMaps + "?dryRun=Some", config_map("b", {})).gives(422)}},
      {"ACustomKindTakesNoStrategicPatch",
       {post(kWidgets, widget("w", {})),
        raw("PATCH", w, R"({"spec":{"colour":"blue"}})", "application/strategic-merge-patch+json")
            .gives(415)
            .has("reason", "UnsupportedMediaType"),
        get(w).has("spec/colour", "red")}},
      {"AnUnknownKindOfPatchIsRefused", {post(kWidgets, widget("w", {})), raw("PATCH", w, "{}", "application/json").gives(415)}},
      {"ABodyThatIsNoJsonIsABadRequest",
       {raw("POST", kConfigMaps, "{\"metadata\":", "application/json").gives(400),
        raw("POST", kWidgets, "{\"metadata\":", "application/json").gives(400)}},
      {"ABodyOfAnotherKindIsABadRequest",
       {post(kConfigMaps, service("s")).gives(400).has("reason", "BadRequest"), post(kWidgets, config_map("a", {})).gives(400)}},
      {"APostGoesToTheCollection", {post(cm, config_map("a", {})).gives(405).has("reason", "MethodNotAllowed")}},
      {"APutMakesNothing",
       {put(cm, config_map("a", {})).gives(404).has("reason", "NotFound"), put(w, widget("w", {}, {{"resourceVersion", "1"}})).gives(404)}},
      {"APutOfAConfigMapNeedsNoVersion",
       {post(kConfigMaps, config_map("a", {{"k", "1"}})).keeps("rv", "metadata/resourceVersion"),
        put(cm, config_map("a", {{"l", "2"}})).lacks("data/k").has("data/l", "2").differs("metadata/resourceVersion", "rv")}},
      {"IntegersOfSixtyFourBitsAreExact",
       {post(kWidgets, widget("w", {{"extra", Object{{"n", kLargest}, {"m", -kLargest}, {"odd", 9007199254740993}}}})),
        get(w).has("spec/extra/n", kLargest).has("spec/extra/m", -kLargest).has("spec/extra/odd", 9007199254740993)}},
      {"AFractionIsNoInteger",
       {post(kWidgets, widget("w", {{"replicas", 1.5}}))
            .gives(422)
            .has("reason", "Invalid")
            .has("details/causes/0/field", "spec.replicas")}},
      {"NullIsAsIfItWereNotThere",
       {post(kWidgets, widget("w", {{"colour", nullptr}, {"args", nullptr}})).has("spec/colour", "red").lacks("spec/args")}},
      {"APatchWithNullRestoresTheDefault",
       {post(kWidgets, widget("w", {{"colour", "blue"}})),
        merge(w, Object{{"spec", Object{{"colour", nullptr}}}}).has("spec/colour", "red")}},
      {"ANullForWhatIsNotThereKeepsTheVersion",
       {post(kConfigMaps, config_map("a", {{"k", "1"}})).keeps("rv", "metadata/resourceVersion"),
        merge(cm, Object{{"data", Object{{"none", nullptr}}}}).same("metadata/resourceVersion", "rv")}},
      {"APatchOfALabelLeavesTheOthers",
       {post(kConfigMaps, config_map("a", {}, {{"labels", Object{{"x", "1"}, {"y", "2"}}}})),
        merge(cm, Object{{"metadata", Object{{"labels", Object{{"x", "3"}}}}}})
            .has("metadata/labels/x", "3")
            .has("metadata/labels/y", "2")}},
      {"AnApplyWithManagedFieldsIsABadRequest",
       {apply_to(cm, config_map("a", {}, {{"managedFields", Array{Object{{"manager", "x"}}}}}))
            .gives(400)
            .contains("message", "managedFields")}},
      {"AnApplyToTheStatusOfNothingIsNotFound",
       {apply_to(w + "/status", Object{{"apiVersion", "toy.millrace.dev/v1"},
                                       {"kind", "Widget"},
                                       {"metadata", Object{{"name", "w"}}},
                                       {"status", Object{{"phase", "Made"}}}})
            .gives(404)}},
      {"AnApplyOfAnotherKindIsABadRequest", {apply_to(cm, service("a")).gives(400).has("reason", "BadRequest"), get(cm).gives(404)}},
      {"AnApplyUnderAnotherNameIsABadRequest", {apply_to(cm, config_map("b", {})).gives(400).has("reason", "BadRequest")}},
      {"AForcedApplyOfWhatIsSoKeepsTheVersion",
       {apply_to(w, widget("w", {{"colour", "blue"}}), "millrace", true).gives(201).keeps("rv", "metadata/resourceVersion"),
        apply_to(w, widget("w", {{"colour", "blue"}}), "millrace", true).same("metadata/resourceVersion", "rv")}},
  };
}

}  // namespace millrace::conformance
