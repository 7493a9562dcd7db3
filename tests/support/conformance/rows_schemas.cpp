// Custom kinds: defaults, pruning, bounds, rules.
#include "support/conformance/rows.h"

namespace millrace::conformance {

using json::Array;
using json::Object;
using namespace paths;

std::vector<Row> rows_of_schemas() {
  const std::string w = kWidgets + "/w";
  return {
      {"DefaultsOfASchemaAreStored",
       {post(kWidgets, widget("w", {})).has("spec/colour", "red").has("spec/replicas", 2),
        post(kWidgets, Object{{"apiVersion", "toy.millrace.dev/v1"}, {"kind", "Widget"}, {"metadata", Object{{"name", "v"}}}})
            .has("spec/colour", "red")}},
      {"UnknownFieldsArePruned",
       {post(kWidgets, widget("w", {{"colour", "blue"}, {"shape", "round"}, {"parts", Array{Object{{"name", "a"}, {"weight", 1}}}}}))
            .lacks("spec/shape")
            .lacks("spec/parts/0/weight")
            .has("spec/parts/0/name", "a")}},
      {"SchemalessFieldsAreKept",
       {post(kWidgets, widget("w", {{"extra", Object{{"deep", Object{{"list", Array{1, "two"}}}}}}}))
            .has("spec/extra/deep/list", Array{1, "two"})}},
      {"QuantitiesOfCustomKindsAreKeptAsWritten", {post(kWidgets, widget("w", {{"memory", "1024Mi"}})).has("spec/memory", "1024Mi")}},
      {"BoundsAreKept",
       {post(kWidgets, widget("w", {{"replicas", 11}})).gives(422).has("reason", "Invalid").has("details/causes/0/field", "spec.replicas"),
        post(kWidgets, widget("w", {{"colour", "a colour that has too long a name"}}))
            .gives(422)
            .has("details/causes/0/field", "spec.colour")}},
      {"WrongTypesAreRefused",
       {post(kWidgets, widget("w", {{"replicas", "two"}}))
            .gives(422)
            .has("reason", "Invalid")
            .has("details/causes/0/field", "spec.replicas")}},
      {"RequiredFieldsAreRequired",
       {post(kWidgets, widget("w", {{"parts", Array{Object{{"size", "1"}}}}})).gives(422).has("reason", "Invalid")}},
      {"KeysOfAListAreUnique",
       {post(kWidgets, widget("w", {{"parts", Array{Object{{"name", "a"}}, Object{{"name", "a"}}}}})).gives(422).has("reason", "Invalid")}},
      {"RulesAreKept",
       {post(kWidgets, widget("w", {{"colour", "black"}, {"replicas", 1}}))
            .gives(422)
            .has("reason", "Invalid")
            .contains("message", "black needs replicas 0"),
        post(kWidgets, widget("w", {{"colour", "black"}, {"replicas", 0}}))}},
      {"ImmutableFieldsStay",
       {post(kWidgets, widget("w", {{"serial", "1"}})),
        merge(w, Object{{"spec", Object{{"serial", "2"}}}}).gives(422).has("reason", "Invalid"),
        merge(w, Object{{"spec", Object{{"colour", "blue"}}}}).has("spec/serial", "1")}},
      {"StatusIsPrunedToo",
       {post(kWidgets, widget("w", {})), merge(w + "/status", Object{{"status", Object{{"phase", "Made"}, {"mood", "good"}}}})
                                             .has("status/phase", "Made")
                                             .lacks("status/mood")}},
      {"AnInvalidSpecIsRefusedBeforeTheNameIsLookedAt",
       {post(kWidgets, widget("w", {})), post(kWidgets, widget("w", {{"replicas", 11}})).gives(422)}},
  };
}

}  // namespace millrace::conformance
