#include "kube/client/verbs.h"

#include <gtest/gtest.h>

namespace millrace::kube::verbs {
namespace {

using core::ErrorCode;
const ObjectMeta kSeen{.name = "a", .ns = "shop", .uid = "u-1", .resource_version = "42"};

TEST(Verbs, ListPages) {
  EXPECT_EQ(list(resources::kPod, {.label_selector = "app.kubernetes.io/managed-by=millrace"}).path,
            "/api/v1/pods?labelSelector=app.kubernetes.io%2Fmanaged-by%3Dmillrace&limit=500");
  EXPECT_EQ(list(resources::kJob, {.ns = "shop"}, 2, "a+b/c=").path, "/apis/batch/v1/namespaces/shop/jobs?limit=2&continue=a%2Bb%2Fc%3D");
  EXPECT_EQ(list(resources::kCoreEvent, {.ns = "shop", .field_selector = "involvedObject.uid=u"}, 0).path,
            "/api/v1/namespaces/shop/events?fieldSelector=involvedObject.uid%3Du");
}

TEST(Verbs, WatchAsksForBookmarks) {
  EXPECT_EQ(watch(resources::kJob, {}, "42", std::chrono::seconds(300)).path,
            "/apis/batch/v1/jobs?watch=true&allowWatchBookmarks=true&resourceVersion=42&timeoutSeconds=300");
  EXPECT_EQ(watch_list(resources::kJob, {}, std::chrono::seconds(300)).path,
            "/apis/batch/v1/"
            "jobs?watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=300");
}

TEST(Verbs, WritesNameTheirManager) {
  const json::Value object = json::Object{{"kind", "Job"}};
  EXPECT_EQ(create(resources::kJob, "shop", object), (Request{.method = "POST",
                                                              .path = "/apis/batch/v1/namespaces/shop/jobs?fieldManager=millrace",
                                                              .body = R"({"kind":"Job"})",
                                                              .content_type = "application/json"}));
  const Request forced = apply(resources::kService, {"shop", "a"}, object, true);
  EXPECT_EQ(forced.path, "/api/v1/namespaces/shop/services/a?force=true&fieldManager=millrace");
  EXPECT_EQ(forced.content_type, "application/apply-patch+yaml");
  EXPECT_EQ(apply(resources::kService, {"shop", "a"}, object, false).path, "/api/v1/namespaces/shop/services/a?fieldManager=millrace");
  EXPECT_EQ(replace(resources::kLease, {"shop", "a"}, object).method, "PUT");
  EXPECT_EQ(get(resources::kLease, {"shop", "a"}), (Request{.path = "/apis/coordination.k8s.io/v1/namespaces/shop/leases/a"}));
}

TEST(Verbs, BodiesAreSpelledAsTheServerSpellsThem) {
  const json::Value object = json::Object{{"a", "x & y"}, {"b", "<é>\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xa7"}};
  const Request made = create(resources::kControllerRevision, "shop", object);
  EXPECT_EQ(made.body, R"({"a":"x \u0026 y","b":"\u003cé\u003e\u2028\u2029)"
                       "\xe2\x80\xa7\"}");
  const auto read = json::parse(made.body);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, object);
}

TEST(Verbs, StatusIsGuarded) {
  const Request r = put_status(resources::kTrainingJob, kSeen, json::Object{{"phase", "Running"}});
  EXPECT_EQ(r.method, "PUT");
  EXPECT_EQ(r.path, "/apis/millrace.dev/v1alpha1/namespaces/shop/trainingjobs/a/status?fieldManager=millrace");
  EXPECT_EQ(
      r.body,
      R"({"apiVersion":"millrace.dev/v1alpha1","kind":"TrainingJob","metadata":{"name":"a","namespace":"shop","resourceVersion":"42","uid":"u-1"},"status":{"phase":"Running"}})");
}

TEST(Verbs, ScaleIsGuarded) {
  const Request r = scale(resources::kDeployment, kSeen, 3);
  EXPECT_EQ(r.method, "PATCH");
  EXPECT_EQ(r.path, "/apis/apps/v1/namespaces/shop/deployments/a/scale?fieldManager=millrace");
  EXPECT_EQ(r.content_type, "application/merge-patch+json");
  EXPECT_EQ(r.body, R"({"metadata":{"resourceVersion":"42","uid":"u-1"},"spec":{"replicas":3}})");
}

TEST(Verbs, DeletesCarryPreconditions) {
  EXPECT_EQ(
      remove(resources::kJob, {"shop", "a"}, "u-1", "42").body,
      R"({"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"resourceVersion":"42","uid":"u-1"},"propagationPolicy":"Background"})");
  EXPECT_EQ(remove(resources::kJob, {"shop", "a"}, "", "").body,
            R"({"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Background"})");
}

struct Answer {
  int status;
  const char* body;
  ErrorCode code;
};
class Errors : public testing::TestWithParam<Answer> {};
TEST_P(Errors, FollowCodeAndCause) {
  const Answer& a = GetParam();
  EXPECT_EQ(error_of(Response{.status = a.status, .body = a.body}).code, a.code) << a.status << " " << a.body;
}
INSTANTIATE_TEST_SUITE_P(
    Table, Errors,
    testing::Values(
        Answer{400, "", ErrorCode::Invalid}, Answer{401, "", ErrorCode::Unauthorized}, Answer{403, "", ErrorCode::Forbidden},
        Answer{404, "", ErrorCode::NotFound}, Answer{405, "", ErrorCode::Invalid}, Answer{408, "", ErrorCode::Unavailable},
        Answer{409, R"({"kind":"Status","reason":"AlreadyExists"})", ErrorCode::AlreadyExists},
        Answer{409, R"({"kind":"Status","reason":"Conflict"})", ErrorCode::Conflict}, Answer{409, "", ErrorCode::Conflict},
        Answer{410, "", ErrorCode::Gone}, Answer{413, "", ErrorCode::TooLarge}, Answer{415, "", ErrorCode::Invalid},
        Answer{422, R"({"kind":"Status","reason":"Invalid","details":{"causes":[{"field":"spec.a"}]}})", ErrorCode::Invalid},
        Answer{422, R"({"kind":"Status","reason":"Invalid","details":{"causes":[{"field":"metadata.uid"}]}})", ErrorCode::Conflict},
        Answer{429, "", ErrorCode::TooManyRequests}, Answer{500, "", ErrorCode::Unavailable}, Answer{502, "<html>", ErrorCode::Unavailable},
        Answer{504, R"({"kind":"Status","reason":"Timeout"})", ErrorCode::Unavailable},
        Answer{504, R"({"kind":"Status","reason":"Timeout","details":{"causes":[{"reason":"ResourceVersionTooLarge"}]}})", ErrorCode::Gone},
        Answer{504, R"({"kind":"Status","message":"Timeout: Too large resource version: 9, current: 1"})", ErrorCode::Gone},
        Answer{302, "", ErrorCode::Unavailable}));

TEST(Succeeded, OnlyWithAnObjectSinceAPageIsOfSomebodyInBetween) {
  EXPECT_TRUE(succeeded({.status = 201, .body = R"({"kind":"Pod"})"}));
  for (const char* body : {"<!DOCTYPE html><html></html>", "ok", ""}) {
    EXPECT_FALSE(succeeded({.status = 200, .body = body})) << body;
    EXPECT_EQ(error_of(Response{.status = 200, .body = body}).code, ErrorCode::Unavailable) << body;
  }
}

TEST(StatusDetails, KeepTheServersWords) {
  const auto d = status_details(Response{
      .status = 409,
      .body =
          R"({"kind":"Status","code":409,"reason":"Conflict","message":"Apply failed with 1 conflict","details":{"retryAfterSeconds":2,"causes":[{"reason":"FieldManagerConflict","message":"conflict with \"kubectl\"","field":".spec.ports"}]}})"});
  EXPECT_EQ(d.message, "Apply failed with 1 conflict");
  EXPECT_EQ(d.causes, (std::vector<Cause>{{"FieldManagerConflict", "conflict with \"kubectl\"", ".spec.ports"}}));
  EXPECT_EQ(d.retry_after, core::Duration(2000));
  EXPECT_TRUE(is_ownership_conflict(d));
}

TEST(StatusDetails, SurviveForeignPages) {
  const auto page = status_details(Response{.status = 502, .body = "<html>\n\xff bad", .retry_after = core::Duration(1000)});
  EXPECT_EQ(page.code, 502);
  EXPECT_EQ(page.message.rfind("The API server answered 502: <html>", 0), 0U) << page.message;
  EXPECT_EQ(page.message.find('\n'), std::string::npos);
  EXPECT_EQ(page.retry_after, core::Duration(1000));
  const auto huge = status_details(Response{.status = 422, .body = R"({"kind":"Status","message":")" + std::string(100'000, 'x') + "\"}"});
  EXPECT_LE(huge.message.size(), 1024U);
  const auto silent = status_details(Response{.status = 404});
  EXPECT_EQ(silent.message, "The API server answered 404");
  const auto odd =
      status_details(Response{.status = 403, .body = R"({"kind":"Status","message":7,"details":{"causes":[1,{}]},"code":"x"})"});
  EXPECT_EQ(odd.code, 403);
  EXPECT_EQ(odd.causes.size(), 2U);
}

}  // namespace
}  // namespace millrace::kube::verbs
