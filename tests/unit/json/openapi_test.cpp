#include <gtest/gtest.h>

#include "json/codec.h"
#include "support/json/sample.h"

namespace millrace::json {

using sample::Rollout;

static std::string property(SchemaUse use, std::string_view name) { return dump(*openapi(Rollout::schema, use).at({"properties", name})); }

TEST(Openapi, SaysOfSpecWhatTheTableSays) {
  const auto spec = [](std::string_view name) { return property(SchemaUse::Spec, name); };
  EXPECT_EQ(spec("model"), R"j({"description":"The model. Immutable. Example: churn.","maxLength":10,"minLength":1,"type":"string",)j"
                           R"j("x-kubernetes-validations":[{"message":"is immutable","rule":"self == oldSelf"}]})j");
  EXPECT_EQ(spec("run"), R"j({"default":"","description":"Change to run.","maxLength":10,"type":"string"})j");
  EXPECT_EQ(spec("strategy"), R"j({"default":"Canary","description":"How.","enum":["Canary","Recreate"],"type":"string"})j");
  EXPECT_EQ(spec("args"), R"j({"description":"Words.","items":{"maxLength":4,"pattern":"^[a-z]*$","type":"string"},"maxItems":3,)j"
                          R"j("type":"array","x-kubernetes-list-type":"atomic"})j");
  EXPECT_EQ(spec("labels"),
            R"j({"additionalProperties":{"maxLength":5,"type":"string"},"description":"Labels.","maxProperties":2,"type":"object"})j");
  EXPECT_EQ(spec("replicas"), R"j({"description":"How many.","format":"int64","maximum":1000,"minimum":0,"type":"integer"})j");
  EXPECT_EQ(spec("raw"), R"j({"description":"Anything.","type":"object","x-kubernetes-preserve-unknown-fields":true})j");
  EXPECT_EQ(spec("since"), R"j({"description":"Since when. Example: 2026-01-31T12:00:00Z.","format":"date-time","type":"string"})j");
  EXPECT_EQ(
      spec("drain"),
      R"j({"default":{"force":false,"grace":"30s"},"description":"Drain.","properties":{"force":{"default":false,"description":"Without waiting.","type":"boolean"},)j"
      R"j("grace":{"default":"30s","description":"Time before pods go.","maxLength":16,"pattern":"^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$",)j"
      R"j("type":"string","x-kubernetes-validations":[{"message":"must be at least 10s","messageExpression":"'must be at least 10s; given: ' + self","rule":"duration(self) >= duration('10s')"}]}},)j"
      R"j("type":"object"})j");
}

TEST(Openapi, KeysListsAndListsRequiredMembersAndRules) {
  const Value all = openapi(Rollout::schema, SchemaUse::Spec);
  EXPECT_EQ(dump(*all.at({"required"})), R"j(["model"])j");
  EXPECT_EQ(dump(*all.at({"x-kubernetes-validations"})),
            R"j([{"message":"steps: weights must rise","rule":"self.steps.all(i, true)"},)j"
            R"j({"message":"replicas must not shrink","rule":"self.replicas >= oldSelf.replicas"}])j");
  EXPECT_EQ(dump(*all.at({"properties", "gates", "x-kubernetes-list-map-keys"})), R"j(["metric"])j");
  EXPECT_EQ(all.text_at({"properties", "gates", "x-kubernetes-list-type"}), "map");
}

// D27: no status may ever be refused.
TEST(Openapi, OfStatusHoldsTypesAndSizesOnly) {
  const auto status = [](std::string_view name) { return property(SchemaUse::Status, name); };
  EXPECT_EQ(status("model"), R"j({"description":"The model. Immutable.","type":"string"})j");
  EXPECT_EQ(status("strategy"), R"j({"description":"How.","type":"string"})j");
  EXPECT_EQ(status("replicas"), R"j({"description":"How many.","format":"int64","type":"integer"})j");
  EXPECT_EQ(status("since"), R"j({"description":"Since when.","type":"string"})j");
  const std::string all = dump(openapi(Rollout::schema, SchemaUse::Status));
  for (const char* word : {"pattern", "maxLength", "minimum", "\"enum\"", "default", "validations", "minItems"}) {
    EXPECT_EQ(all.find(word), std::string::npos) << word;
  }
  EXPECT_NE(all.find("maxItems"), std::string::npos);
  // The API server asks that a list's key is required; nothing else is.
  EXPECT_EQ(openapi(Rollout::schema, SchemaUse::Status).at({"required"}), nullptr);
  EXPECT_EQ(dump(*openapi(Rollout::schema, SchemaUse::Status).at({"properties", "gates", "items", "required"})), R"j(["metric"])j");
}

TEST(Defaults, AreFilledTopDownAndReplaceNull) {
  Value v = *parse(R"j({"model":"m","run":null,"drain":{"force":true},"emergency":{},"steps":[{"weight":1}]})j");
  apply_defaults(v, Rollout::schema);
  EXPECT_EQ(dump(v), R"j({"drain":{"force":true,"grace":"30s"},"emergency":{"force":false,"grace":"30s"},"model":"m","run":"",)j"
                     R"j("steps":[{"pause":"0s","weight":1}],"strategy":"Canary"})j");
  Value empty = Object{};
  apply_defaults(empty, Rollout::schema);
  EXPECT_EQ(dump(empty), R"j({"drain":{"force":false,"grace":"30s"},"run":"","strategy":"Canary"})j");
}

TEST(Prune, TakesUnknownFieldsAndNullsAndLeavesMapsAndRawAlone) {
  Value v = *parse(
      R"j({"model":"m","x":1,"run":null,"drain":{"y":2},"steps":[{"weight":1,"z":3}],"labels":{"any":"thing"},"raw":{"all":{"of":null}}})j");
  prune(v, Rollout::schema);
  EXPECT_EQ(dump(v), R"j({"drain":{},"labels":{"any":"thing"},"model":"m","raw":{"all":{"of":null}},"steps":[{"weight":1}]})j");
}

}  // namespace millrace::json
