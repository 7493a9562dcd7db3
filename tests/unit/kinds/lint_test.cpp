// The schema tables of every kind obey the rules of the house.
#include <gtest/gtest.h>

#include "json/codec.h"
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

}  // namespace
}  // namespace millrace
