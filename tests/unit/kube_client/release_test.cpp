#include "kube/client/release.h"

#include <gtest/gtest.h>

#include <deque>

namespace millrace::kube {
namespace {

const Resource& kKind = resources::kModelVersion;
const std::vector<std::string> kOurs{"millrace.dev/in-use", "millrace.dev/artifact"};

class Scripted final : public Transport {
 public:
  std::deque<core::Result<Response>> answers{};
  std::vector<Request> sent{};
  core::Result<Response> send(const Request& request, std::stop_token) override {
    sent.push_back(request);
    if (answers.empty()) return core::Error{core::ErrorCode::Unavailable, "nobody answers"};
    auto out = std::move(answers.front());
    answers.pop_front();
    return out;
  }
  core::Result<void> stream(const Request&, core::Duration, std::stop_token, const LineSink&) override { return {}; }
};

core::Result<Response> answer(int status, std::string body = "{}") { return Response{.status = status, .body = std::move(body)}; }
std::string version(const char* name, const char* rv, const char* finalizers) {
  return R"({"metadata":{"name":")" + std::string(name) + R"(","namespace":"ml","uid":"u-)" + name + R"(","resourceVersion":")" + rv +
         R"(","finalizers":)" + finalizers + "}}";
}
std::string list(const std::vector<std::string>& items, const char* token = "") {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ",") + item;
  return R"({"metadata":{"continue":")" + std::string(token) + R"("},"items":[)" + out + "]}";
}

TEST(Release, TakesOursOfEveryPageAndLeavesThoseOfOthers) {
  Scripted server;
  server.answers = {answer(200, list({version("a", "1", R"(["x","millrace.dev/in-use","y"])"), version("b", "2", R"(["x"])")}, "more")),
                    answer(200), answer(200, list({version("c", "3", R"(["millrace.dev/artifact","millrace.dev/in-use"])")})), answer(200)};
  const auto out = release_all(server, kKind, "", kOurs);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->objects, 2U);
  EXPECT_TRUE(out->refused.empty());
  ASSERT_EQ(server.sent.size(), 4U);
  EXPECT_EQ(server.sent[1].body, R"({"metadata":{"finalizers":["x","y"],"resourceVersion":"1","uid":"u-a"}})");
  EXPECT_NE(server.sent[2].path.find("continue=more"), std::string::npos);
  EXPECT_EQ(server.sent[3].body, R"({"metadata":{"finalizers":[],"resourceVersion":"3","uid":"u-c"}})");
}

TEST(Release, WhatWasWrittenSinceIsReadAgainAndWhatIsGoneIsWell) {
  Scripted server;
  server.answers = {answer(200, list({version("a", "1", R"(["millrace.dev/in-use"])"), version("b", "2", R"(["millrace.dev/in-use"])")})),
                    answer(409), answer(200, version("a", "5", R"(["millrace.dev/in-use"])")), answer(200), answer(404)};
  const auto out = release_all(server, kKind, "ml", kOurs);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->objects, 2U);
  EXPECT_TRUE(out->refused.empty());
  EXPECT_NE(server.sent[3].body.find(R"("resourceVersion":"5")"), std::string::npos);
}

TEST(Release, WhatIsRefusedIsNamedAndTheOthersGoOn) {
  Scripted server;
  server.answers = {answer(200, list({version("a", "1", R"(["millrace.dev/in-use"])"), version("b", "2", R"(["millrace.dev/in-use"])")}))};
  for (int i = 0; i < 5; ++i) {
    server.answers.push_back(answer(403, R"({"kind":"Status","status":"Failure","code":403,"reason":"Forbidden","message":"not you"})"));
    server.answers.push_back(answer(200, version("a", "1", R"(["millrace.dev/in-use"])")));
  }
  server.answers.push_back(answer(200));
  const auto out = release_all(server, kKind, "", kOurs);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->refused, std::vector<std::string>{"ml/a: not you"});
  EXPECT_TRUE(server.answers.empty());
}

TEST(Release, WithoutTheKindThereIsNothingToDoAndWithoutAServerItFails) {
  Scripted none, silent;
  none.answers = {answer(404)};
  const auto out = release_all(none, kKind, "", kOurs);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->objects, 0U);
  EXPECT_FALSE(release_all(silent, kKind, "", kOurs));
}

}  // namespace
}  // namespace millrace::kube
