#include "kube/model/condition_json.h"

#include <gtest/gtest.h>

namespace millrace::kube {
namespace {

TEST(ConditionsOfJson, AreWhatWasWritten) {
  const Conditions all{{.type = "Ready",
                        .status = "True",
                        .observed_generation = 2,
                        .last_transition = *core::parse_rfc3339("2026-01-01T00:00:00Z"),
                        .reason = "R",
                        .message = "m"}};
  EXPECT_EQ(conditions_of(json::Object{{"conditions", to_json(all)}}), all);
  EXPECT_EQ(conditions_of(json::Object{{"conditions", json::Array{7, to_json(all)[0]}}}), all);
}

TEST(ConditionsOfJson, AreNoneWhereNoneStand) {
  EXPECT_TRUE(conditions_of({}).empty());
  EXPECT_TRUE(conditions_of(json::Object{{"conditions", "none"}}).empty());
}

}  // namespace
}  // namespace millrace::kube
