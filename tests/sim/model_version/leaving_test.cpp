// ModelVersions that are deleted, under faults.
#include <gtest/gtest.h>

#include "support/sim/domain.h"

namespace millrace::sim::domain {
namespace {

namespace r = kube::resources;
using json::Object;

const std::string kPath = "/apis/millrace.dev/v1alpha1/namespaces/default/";

Act remove(std::string what, const std::string& path) {
  return {std::move(what), [path](ApiServer& server, core::Instant now) {
            EXPECT_EQ(server.handle({.method = "DELETE", .path = kPath + path}, now, "person").status, 200);
          }};
}

// The same bytes under another name.
Object twin() {
  Object version = model_version("churn-v2", 2);
  Object& spec = *version.find("spec")->object();
  for (const char* member : {"uri", "digest"}) {
    (*spec.find("artifact")->object())[member] = json::Value(model_version("churn-v1", 1)).text_at({"spec", "artifact", member});
  }
  return version;
}

Act make_version(const char* policy) {
  Object version = model_version("churn-v1", 1);
  (*version.find("spec")->object())["deletionPolicy"] = policy;
  return make("a version", std::move(version));
}

// What it says at this moment, when it is held.
Act expect(std::string reason, const std::string& part) {
  return {"look at it", [reason, part](ApiServer& server, core::Instant) {
            const json::Value* version = server.find(r::kModelVersion, "default", "churn-v1");
            ASSERT_NE(version, nullptr);
            EXPECT_NE(version->text_at({"status", "message"}).find(part), std::string::npos) << version->text_at({"status", "message"});
            for (const json::Value& c : *version->at({"status", "conditions"})->array()) {
              if (c.text_at({"type"}) != "Ready") continue;
              EXPECT_EQ(c.text_at({"status"}) + c.text_at({"reason"}), "False" + reason);
            }
          }};
}

std::size_t deletes(const Verdict& verdict) {
  std::size_t out = 0;
  for (const auto& [path, times] : verdict.creates) out += path.find("/jobs/churn-v1-delete-") == std::string::npos ? 0 : times;
  return out;
}

TEST(Leaving, AVersionInUseWaitsForItsServiceAndServesOn) {
  const Object pinned{{"version", Object{{"policy", "Pinned"}, {"name", "churn-v1"}}}};
  Story s = story("a version in use is deleted, then its service is", well,
                  {claims(), make_version("Retain"), make("a service", inference_service("web", pinned)),
                   wait("it serves", std::chrono::minutes(30)), remove("delete the version", "modelversions/churn-v1"),
                   expect("InUse", "InferenceService web has it as Stable"), remove("delete the service", "inferenceservices/web")});
  s.always = [](const ApiServer& server) {
    const json::Value* service = server.find(r::kInferenceService, "default", "web");
    const bool serves = service != nullptr && service->text_at({"status", "stable", "version"}) == "churn-v1";
    return serves && server.find(r::kModelVersion, "default", "churn-v1") == nullptr ? "a version that serves is gone" : "";
  };
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(count(verdict, r::kModelVersion), 0U);
  EXPECT_EQ(deletes(verdict), 0U);
}

TEST(Leaving, ItsBytesAreDeletedOnceBeforeItGoes) {
  const Story s = story("a version is deleted with its bytes", well,
                        {claims(), make_version("Delete"), remove("delete the version", "modelversions/churn-v1")});
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(count(verdict, r::kModelVersion), 0U);
  EXPECT_EQ(deletes(verdict), 1U);
}

TEST(Leaving, BytesThatAnotherVersionNamesStay) {
  const Story s =
      story("one of two versions of the same bytes is deleted", well,
            {claims(), make_version("Delete"), make("another", twin()), remove("delete the version", "modelversions/churn-v1")});
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(count(verdict, r::kModelVersion), 1U);
  EXPECT_EQ(deletes(verdict), 0U);
}

TEST(Leaving, AFailedDeletionIsTriedAgain) {
  const Script first_fails = [](const json::Value& pod, const std::string& container) {
    if (container != "delete" || label(pod, "millrace.dev/delete") != "1") return well(pod, container);
    return exits(20, R"({"v":1,"error":{"reason":"Unreachable","source":"","message":"the store does not answer"}})");
  };
  const Story s = story("the store does not answer at first", first_fails,
                        {claims(), make_version("Delete"), remove("delete the version", "modelversions/churn-v1")});
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(count(verdict, r::kModelVersion), 0U);
  EXPECT_EQ(deletes(verdict), 2U);
}

TEST(Leaving, ANamespaceThatGoesIsNotHeldUp) {
  const Act ends{"the namespace is being deleted", [](ApiServer& server, core::Instant) {
                   server.refusals.push_back({.verb = "create",
                                              .resource = &r::kJob,
                                              .message = "jobs.batch is forbidden: unable to create new content in namespace default "
                                                         "because it is being terminated"});
                 }};
  const Story s = story("a version is deleted with its namespace", well,
                        {claims(), make_version("Delete"), ends, remove("delete the version", "modelversions/churn-v1")});
  const auto verdict = explore(s, fault_depth());
  EXPECT_EQ(report(s, verdict), "");
  EXPECT_EQ(count(verdict, r::kModelVersion), 0U);
  EXPECT_EQ(deletes(verdict), 0U);
}

}  // namespace
}  // namespace millrace::sim::domain
