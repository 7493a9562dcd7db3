// A person's word about a version: approval, quarantine, and what of a spec may change at all (D9, D26).
#include <gtest/gtest.h>

#include "json/codec.h"
#include "unit/model_version/world.h"

namespace millrace::model_version {
namespace {

std::string condition(const plan::Plan<Status>& plan, const char* type) {
  const auto* c = kube::find(plan.status->conditions, type);
  return c ? c->status + "/" + c->reason : "absent";
}

TEST(ModelVersionApproval, AskedForItIsAwaitedAndTold) {
  Observed seen = by_run("0.95");
  seen.version.spec.approval.policy = ApprovalPolicy::Manual;
  const auto plan = model_version::plan(seen, {});
  EXPECT_EQ(plan.status->phase, "AwaitingApproval");
  EXPECT_EQ(condition(plan, "Approved"), "False/AwaitingApproval");
  EXPECT_EQ(condition(plan, "Validated"), "True/GatesPassed");
  EXPECT_EQ(condition(plan, "Settled"), "False/AwaitingApproval");
  EXPECT_EQ(condition(plan, "Stalled"), "False/AwaitingApproval");
}

TEST(ModelVersionApproval, NobodyIsAskedAboutWhatItsGatesReject) {
  Observed seen = by_run("0.85");
  seen.version.spec.approval.policy = ApprovalPolicy::Manual;
  EXPECT_EQ(model_version::plan(seen, {}).status->phase, "Rejected");
}

TEST(ModelVersionApproval, APersonDecides) {
  Observed seen = by_run("0.95");
  seen.version.spec.approval = {ApprovalPolicy::Manual, ApprovalDecision::Approved, "jane", "checked"};
  auto plan = model_version::plan(seen, {});
  EXPECT_EQ(plan.status->phase, "Ready");
  EXPECT_EQ(kube::find(plan.status->conditions, "Approved")->message, "jane approved it: checked");
  seen.version.spec.approval.decision = ApprovalDecision::Rejected;
  plan = model_version::plan(seen, {});
  EXPECT_EQ(plan.status->result, "Rejected");
  EXPECT_EQ(plan.status->message, "jane rejected it: checked");
  EXPECT_EQ(condition(plan, "Validated"), "True/GatesPassed");
}

TEST(ModelVersionApproval, OfARunNobodyIsAskedUnlessTold) {
  EXPECT_EQ(condition(model_version::plan(by_run("0.95"), {}), "Approved"), "True/Automatic");
}

TEST(ModelVersionApproval, MadeByHandItIsNotApproved) {
  Observed seen = by_hand();
  seen.version.status.conditions = {{.type = "Verified", .status = "True", .reason = "Verified"}};
  const auto plan = model_version::plan(seen, {});
  EXPECT_EQ(plan.status->phase, "Ready") << "it is reached by its name";
  EXPECT_EQ(condition(plan, "Approved"), "False/NotApproved");
}

TEST(ModelVersionQuarantine, OverridesAllAndPasses) {
  Observed seen = by_run("0.95");
  seen.version.spec.quarantine = {true, "a broken sensor"};
  const auto plan = model_version::plan(seen, {});
  EXPECT_EQ(plan.status->phase, "Quarantined");
  EXPECT_EQ(plan.status->result, "Quarantined");
  EXPECT_EQ(plan.status->message, "quarantined: a broken sensor");
  EXPECT_EQ(condition(plan, "Stalled"), "True/Quarantined");
  seen.version.status = *plan.status;
  seen.version.spec.quarantine.active = false;
  EXPECT_EQ(model_version::plan(seen, {}).status->phase, "Ready");
}

// A spec in which every field has a value.
const char* const kWhole =
    R"({"model":"m","version":1,"artifact":{"uri":"pvc://a/b","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000",)"
    R"("size":1,"format":"sklearn","secretName":"s"},"provenance":{"trainingJob":"t","run":1,"data":[{"name":"d","identity":"i"}]},)"
    R"("metrics":{"a":"1"},"gates":[{"metric":"a","min":"0.5"}],"approval":{"policy":"Manual","decision":"Approved","by":"b"},)"
    R"("quarantine":{"active":true}})";

std::vector<std::string> changed(const std::function<void(json::Object&)>& change) {
  const auto before = json::decode<Spec>(kWhole);
  json::Value document = *json::parse(kWhole);
  change(*document.object());
  const auto after = json::decode<Spec>(document);
  return json::transition_violations(&*before, &*after, Spec::schema, "spec");
}

TEST(ModelVersionSpec, NoFieldIsChangedOrTakenAwayButThoseOfPeople) {
  EXPECT_TRUE(changed([](json::Object&) {}).empty());
  for (const char* name : {"provenance", "metrics", "gates"}) {
    EXPECT_FALSE(changed([&](json::Object& spec) { spec.erase(name); }).empty()) << name;
  }
  EXPECT_FALSE(changed([](json::Object& spec) { spec["model"] = "n"; }).empty());
  EXPECT_FALSE(changed([](json::Object& spec) { spec["version"] = 2; }).empty());
  EXPECT_FALSE(changed([](json::Object& spec) { spec["metrics"] = json::Object{{"a", "2"}}; }).empty());
  EXPECT_TRUE(changed([](json::Object& spec) { spec["quarantine"] = json::Object{{"active", false}}; }).empty());
  EXPECT_TRUE(changed([](json::Object& spec) { spec["approval"] = json::Object{{"decision", "Rejected"}}; }).empty());
  EXPECT_EQ(changed([](json::Object& spec) { spec["deletionPolicy"] = "Delete"; }), std::vector<std::string>{});
}

TEST(ModelVersionSpec, ADecisionIsNotTakenBack) {
  EXPECT_FALSE(changed([](json::Object& spec) { spec["approval"] = json::Object{{"decision", "Pending"}}; }).empty());
  EXPECT_FALSE(changed([](json::Object& spec) { spec.erase("approval"); }).empty()) << "its default is Pending";
}

// Every field of the spec but those of people stands in the rule: a new one that is forgotten there would be editable.
TEST(ModelVersionSpec, TheRuleNamesEveryField) {
  const std::string cel(Spec::schema.rules.front().cel);
  for (const json::Field& f : Spec::schema.fields) {
    const bool of_people = f.name == "approval" || f.name == "quarantine" || f.name == "deletionPolicy";
    EXPECT_EQ(cel.find("oldSelf." + std::string(f.name)) != std::string::npos, !of_people) << f.name;
  }
}

}  // namespace
}  // namespace millrace::model_version
