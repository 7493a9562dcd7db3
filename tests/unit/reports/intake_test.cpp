// Who may tell what of which run.
#include "reports/intake.h"

#include <gtest/gtest.h>

#include "shared/labels.h"
#include "unit/reports/fake.h"

namespace millrace::reports {
namespace {

using json::Array;
using json::Object;

constexpr const char* kPath = "/v1/progress/tj-3";
constexpr const char* kReport = R"({"done":3,"total":10})";

Object review(Object status) {
  return {{"apiVersion", "authentication.k8s.io/v1"}, {"kind", "TokenReview"}, {"status", std::move(status)}};
}

Object good(const std::string& pod = "p", const std::string& uid = "pod-uid",
            const std::string& user = "system:serviceaccount:shop:default") {
  return {{"authenticated", true},
          {"audiences", Array{"millrace.dev/run/tj-3"}},
          {"user", Object{{"username", user},
                          {"extra", Object{{"authentication.kubernetes.io/pod-name", Array{pod}},
                                           {"authentication.kubernetes.io/pod-uid", Array{uid}}}}}}};
}

struct Scene {
  Fake api{};
  kube::Pod pod{};
  kube::Job job{};
  bool leads = true;
  core::Ticks now{1000};
  std::vector<engine::Told> told{};
  Object status = good();

  Scene() {
    pod.meta = {.name = "p", .ns = "shop", .uid = "pod-uid", .owners = {{"batch/v1", "Job", "churn-r3-a2", "job-uid", true}}};
    job.meta = {.name = "churn-r3-a2",
                .ns = "shop",
                .uid = "job-uid",
                .labels = {{std::string(shared::kRunLabel), "3"}, {std::string(shared::kAttemptLabel), "2"}},
                .owners = {{"millrace.dev/v1alpha1", "TrainingJob", "churn", "tj", true}}};
    api.answer = [this](const kube::Request&) { return kube::Response{.status = 201, .body = json::dump(review(status))}; };
  }
  Scene(const Scene&) = delete;

  Around around() {
    return {.leads = [this] { return leads; },
            .pod = [this](const kube::ObjectKey& key) -> std::shared_ptr<const kube::Pod> {
              return key == pod.meta.key() ? std::make_shared<const kube::Pod>(pod) : nullptr;
            },
            .job = [this](const kube::ObjectKey& key) -> std::shared_ptr<const kube::Job> {
              return key == job.meta.key() ? std::make_shared<const kube::Job>(job) : nullptr;
            },
            .tell = [this](const engine::Told& what) { told.push_back(what); },
            .now = [this] { return now; }};
  }
  int post(const std::string& body = kReport, const std::string& path = kPath, const std::string& token = "a.b.c") {
    return intake.hear({.target = path, .token = token, .body = body}).status;
  }

  Intake intake{api, around()};
};

TEST(Intake, HearsAPodOfTheRun) {
  Scene s;
  EXPECT_EQ(s.post(), 204);
  ASSERT_EQ(s.told.size(), 1u);
  EXPECT_EQ(s.told[0].key, (kube::ObjectKey{"shop", "churn"}));
  EXPECT_EQ(s.told[0].uid, "tj");
  EXPECT_EQ(json::dump(s.told[0].what), R"({"attempt":2,"done":3,"metrics":{},"run":3,"total":10})");
  ASSERT_EQ(s.api.seen.size(), 1u);
  EXPECT_EQ(s.api.seen[0].path, "/apis/authentication.k8s.io/v1/tokenreviews?fieldManager=millrace");
  EXPECT_NE(s.api.seen[0].body.find(R"("spec":{"audiences":["millrace.dev/run/tj-3"],"token":"a.b.c"})"), std::string::npos);
}

TEST(Intake, AsksForATokenOnceAMinute) {
  Scene s;
  for (int i = 0; i < 6; ++i, s.now += core::Duration(10'000)) EXPECT_EQ(s.post(), 204);
  EXPECT_EQ(s.api.seen.size(), 1u);
  s.now += core::Duration(1);
  EXPECT_EQ(s.post(), 204);
  EXPECT_EQ(s.api.seen.size(), 2u);
  EXPECT_EQ(s.post(kReport, kPath, "d.e.f"), 204);
  EXPECT_EQ(s.api.seen.size(), 3u) << "another token";
}

TEST(Intake, RefusesATokenThatIsNotForTheRun) {
  for (const Object& status : {Object{{"authenticated", false}, {"error", "invalid"}},
                               [] {
                                 Object out = good();
                                 out["audiences"] = Array{"millrace.dev/run/tj-4"};
                                 return out;
                               }(),
                               [] {
                                 Object out = good();
                                 out.erase("audiences");  // a server that does not know them
                                 return out;
                               }(),
                               good("p", "pod-uid", "system:node:a"), good("", "pod-uid"), good("p", "")}) {
    Scene s;
    s.status = status;
    EXPECT_EQ(s.post(), 401) << json::dump(json::Value(status));
    EXPECT_EQ(s.post(), 401);
    EXPECT_EQ(s.api.seen.size(), 1u) << "refusals are kept too";
    EXPECT_TRUE(s.told.empty());
  }
}

TEST(Intake, RefusesAPodThatIsNoneOfTheRun) {
  const auto refused = [](const std::function<void(Scene&)>& change) {
    Scene s;
    change(s);
    EXPECT_EQ(s.post(), 403);
    EXPECT_TRUE(s.told.empty());
  };
  refused([](Scene& s) { s.status = good("another"); });
  refused([](Scene& s) { s.status = good("p", "another-uid"); });
  refused([](Scene& s) { s.status = good("p", "pod-uid", "system:serviceaccount:other:default"); });
  refused([](Scene& s) { s.pod.meta.owners.clear(); });
  refused([](Scene& s) { s.pod.meta.owners[0].controller = false; });
  refused([](Scene& s) { s.job.meta.uid = "another"; });
  refused([](Scene& s) { s.job.meta.owners[0].uid = "another"; });
  refused([](Scene& s) { s.job.meta.owners[0].kind = "ModelVersion"; });
  refused([](Scene& s) { s.job.meta.labels[std::string(shared::kRunLabel)] = "4"; });
  refused([](Scene& s) { s.job.meta.labels.clear(); });
}

TEST(Intake, RefusesNonsenseBeforeItAsksAnybody) {
  Scene s;
  EXPECT_EQ(s.post(kReport, "/v1/progress/"), 404);
  EXPECT_EQ(s.post(kReport, "/v1/progress/TJ/../x"), 404);
  EXPECT_EQ(s.post(kReport, "/metrics"), 404);
  EXPECT_EQ(s.post(kReport, "/v1/progress/" + std::string(101, 'a')), 404);
  EXPECT_EQ(s.post(kReport, kPath, ""), 401);
  EXPECT_EQ(s.post(kReport, kPath, "no-token"), 401);
  EXPECT_EQ(s.post(kReport, kPath, "a." + std::string(4096, 'b') + ".c"), 401);
  s.leads = false;
  EXPECT_EQ(s.post(), 503);
  EXPECT_TRUE(s.api.seen.empty());
}

TEST(Intake, SaysWhatIsWrongWithTheReport) {
  Scene s;
  const auto page = s.intake.hear({.target = kPath, .token = "a.b.c", .body = R"({"done":11,"total":10})"});
  EXPECT_EQ(page.status, 400);
  EXPECT_EQ(page.body, "done: must be a whole number from 0 to total\n");
  EXPECT_EQ(s.post("\x01"), 400);
  EXPECT_TRUE(s.told.empty());
}

TEST(Intake, SaysTryAgainWhenNobodyCanJudge) {
  Scene s;
  s.api.answer = [](const kube::Request&) { return core::Error{core::ErrorCode::Unavailable, "no route"}; };
  EXPECT_EQ(s.post(), 503);
  s.api.answer = [](const kube::Request&) { return kube::Response{.status = 403, .body = "{}"}; };
  EXPECT_EQ(s.post(), 503);
  s.api.answer = [&s](const kube::Request&) { return kube::Response{.status = 201, .body = json::dump(review(s.status))}; };
  EXPECT_EQ(s.post(), 204) << "what was no verdict is not kept";
}

TEST(Intake, KeepsABoundedNumberOfVerdicts) {
  Scene s;
  for (std::size_t i = 0; i < Intake::kMostVerdicts + 10; ++i) (void)s.post(kReport, kPath, "a.b." + std::to_string(i));
  const std::size_t asked = s.api.seen.size();
  EXPECT_EQ(s.post(kReport, kPath, "a.b.0"), 204);
  EXPECT_EQ(s.api.seen.size(), asked + 1) << "the first was forgotten";
}

}  // namespace
}  // namespace millrace::reports
