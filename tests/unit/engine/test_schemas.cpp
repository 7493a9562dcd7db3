#include <gtest/gtest.h>

#include "engine/schemas.h"

namespace millrace::engine {
namespace {

using State = Schemas::State;

constexpr const kube::Resource* kKind = &kube::resources::kTrainingJob;
const std::string kName = "CRD trainingjobs.millrace.dev";

core::Result<kube::Response> crd(const std::string& annotations) {
  return kube::Response{.status = 200, .body = R"({"metadata":{"name":"trainingjobs.millrace.dev","annotations":)" + annotations + "}}"};
}
core::Result<kube::Response> numbered(int n) { return crd(R"({"millrace.dev/schema":")" + std::to_string(n) + "\"}"); }
core::Result<kube::Response> status(int code) { return kube::Response{.status = code, .body = "{}"}; }

Schemas asked() {
  Schemas out({kKind}, 3);
  EXPECT_EQ(out.next(core::Ticks{0}), 0u);
  EXPECT_EQ(out.request(0).path, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/trainingjobs.millrace.dev");
  EXPECT_FALSE(out.next(core::Ticks{0}));
  return out;
}

TEST(Schemas, AreComparedWithTheNumberOfThisProgram) {
  struct Row {
    core::Result<kube::Response> response;
    bool served, runs, merges;
    std::string trouble;
  };
  const std::string cure = ": apply crds/millrace.dev_trainingjobs.yaml";
  const Row rows[] = {{numbered(3), true, true, false, ""},
                      {numbered(4), true, true, true, ""},
                      {numbered(2), true, false, false, kName + " has schema 2, this program needs 3" + cure},
                      {crd("{}"), true, false, false, kName + " has schema 0, this program needs 3" + cure},
                      {crd(R"({"millrace.dev/schema":"3x"})"), true, false, false, kName + " has schema 0, this program needs 3" + cure},
                      {status(404), false, false, false, kName + " is not installed" + cure}};
  for (const Row& row : rows) {
    Schemas s = asked();
    EXPECT_TRUE(s.answered(0, row.response, core::Ticks{5}));
    EXPECT_EQ(s.is_served(0), row.served) << row.trouble;
    EXPECT_EQ(s.runs(0), row.runs) << row.trouble;
    EXPECT_EQ(s.merges(0), row.merges) << row.trouble;
    EXPECT_EQ(s.trouble(0), row.trouble);
    EXPECT_EQ(s.wake(), row.runs ? std::nullopt : std::optional(core::Ticks{60'005}));
  }
}

TEST(Schemas, WhatCannotBeReadIsAskedForAgainAndRunsNothingMeanwhile) {
  Schemas s = asked();
  EXPECT_TRUE(s.answered(0, core::Error{core::ErrorCode::Unavailable, "connection refused"}, core::Ticks{0}));
  EXPECT_EQ(s.trouble(0), kName + " cannot be read: connection refused");
  EXPECT_FALSE(s.runs(0));
  EXPECT_FALSE(s.is_served(0));
  EXPECT_EQ(s.wake(), core::Ticks{1'000});
  EXPECT_EQ(s.next(core::Ticks{1'000}), 0u);
  EXPECT_FALSE(s.answered(0, core::Error{core::ErrorCode::Unavailable, "connection refused"}, core::Ticks{1'000}));
  EXPECT_EQ(s.wake(), core::Ticks{3'000});
}

TEST(Schemas, AFailureToLookAgainChangesNothingOfWhatIsKnown) {
  Schemas s = asked();
  EXPECT_TRUE(s.answered(0, numbered(2), core::Ticks{0}));
  const std::string trouble = s.trouble(0);
  EXPECT_EQ(s.next(core::Ticks{60'000}), 0u);
  EXPECT_FALSE(s.answered(0, status(503), core::Ticks{60'000}));
  EXPECT_EQ(s.trouble(0), trouble);
  EXPECT_EQ(s.wake(), core::Ticks{61'000});
}

TEST(Schemas, OfADoubtTheCrdDecides) {
  Schemas s = asked();
  EXPECT_TRUE(s.answered(0, numbered(3), core::Ticks{0}));
  s.doubt(0, core::Ticks{100});
  EXPECT_EQ(s.trouble(0), kName + " is not served");
  EXPECT_EQ(s.wake(), core::Ticks{10'100});
  EXPECT_EQ(s.next(core::Ticks{10'100}), 0u);
  EXPECT_TRUE(s.answered(0, numbered(3), core::Ticks{10'101}));
  EXPECT_TRUE(s.runs(0));
}

TEST(Schemas, WithoutANumberNoCrdIsReadAndEveryKindRuns) {
  Schemas s({kKind}, 0);
  EXPECT_FALSE(s.next(core::Ticks{1}));
  EXPECT_FALSE(s.wake());
  EXPECT_TRUE(s.runs(0));
  EXPECT_EQ(s.trouble(0), "");
}

}  // namespace
}  // namespace millrace::engine
