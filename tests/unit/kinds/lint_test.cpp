// The schema tables of every kind obey the rules of the house.
#include <gtest/gtest.h>

#include "json/codec.h"
#include "json/value.h"
#include "kinds.h"

namespace millrace {
namespace {

using Said = std::vector<std::string>;

TEST(Kinds, HaveTablesThatObeyTheHouseRules) {
  for (const kube::CrdTable& table : kinds()) {
    EXPECT_EQ(json::lint(*table.spec, "spec"), Said{}) << table.resource->kind;
    EXPECT_EQ(json::lint(*table.status, "status", json::SchemaUse::Status), Said{}) << table.resource->kind;
  }
}

// Paths of `schema` where something inside a list has a default.
void defaults_in_lists(const json::Value& schema, const std::string& path, bool in_list, Said& out) {
  if (in_list && schema.at({"default"}) != nullptr) out.push_back(path);
  if (const json::Value* items = schema.at({"items"})) defaults_in_lists(*items, path + "[]", true, out);
  const json::Value* properties = schema.at({"properties"});
  if (properties == nullptr || properties->object() == nullptr) return;
  for (const auto& [name, one] : properties->object()->members()) defaults_in_lists(one, path + "." + name, in_list, out);
}

// A client-side apply compares lists whole: what the server fills in there would be a change at every apply.
TEST(Kinds, HaveNoDefaultInsideAList) {
  for (const kube::CrdTable& table : kinds()) {
    Said found;
    defaults_in_lists(json::openapi(*table.spec, json::SchemaUse::Spec), "spec", false, found);
    EXPECT_EQ(found, Said{}) << table.resource->kind;
  }
}

// Client-side apply copies an object into an annotation of at most 262,144 bytes; a third of it is enough for us.
TEST(Kinds, HaveCrdsThatClientsCanApply) {
  for (const kube::CrdTable& table : kinds()) EXPECT_LT(json::dump(kube::crd(table)).size(), 90'000U) << table.resource->kind;
}

}  // namespace
}  // namespace millrace
