#include "kube/client/exec_plugin.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/base64.h"
#include "json/value.h"
#include "kube/client/identity.h"

namespace millrace::kube {
namespace {

constexpr const char* kV1 = "client.authentication.k8s.io/v1";

// A shell script that plays the plugin.
class ExecPlugins : public testing::Test {
 protected:
  ExecPlugins() {
    std::string pattern = (std::filesystem::temp_directory_path() / "exec-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~ExecPlugins() override { std::filesystem::remove_all(folder_); }

  ExecPlugin script(const std::string& text) const { return {.command = "sh", .args = {"-c", text}, .api_version = kV1}; }
  static std::string credential(const std::string& status) {
    return std::string(R"(echo '{"kind":"ExecCredential","apiVersion":")") + kV1 + R"(","status":)" + status + "}'";
  }
  static std::string error_of(const core::Result<ExecCredential>& result) { return result ? "a token" : result.error().message; }

  std::filesystem::path folder_{};
};

TEST_F(ExecPlugins, GiveTheTokenOfTheMoment) {
  const auto plain = run(script(credential(R"({"token":"t"})")));
  ASSERT_TRUE(plain) << error_of(plain);
  EXPECT_EQ(*plain, (ExecCredential{.token = "t"}));
  const auto timed = run(script(credential(R"({"token":"t","expirationTimestamp":"2026-01-31T12:00:00Z"})")));
  ASSERT_TRUE(timed) << error_of(timed);
  EXPECT_EQ(timed->expires, core::parse_rfc3339("2026-01-31T12:00:00Z"));
}

TEST_F(ExecPlugins, HaveTheirOwnEnvironmentOnTopOfOurs) {
  ExecPlugin plugin = script("test \"$AWS_PROFILE\" = two && test -n \"$PATH\" && " + credential(R"({"token":"t"})"));
  plugin.env = {{"AWS_PROFILE", "one"}, {"AWS_PROFILE", "two"}};
  EXPECT_TRUE(run(plugin)) << error_of(run(plugin));
}

TEST_F(ExecPlugins, AreToldTheCluster) {
  const auto config = folder_ / "config";
  const auto file = folder_ / "told";
  std::ofstream(config) << "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
                           "clusters: [{name: c, cluster: {server: \"https://a:1\", certificate-authority-data: Q0EK}}]\n"
                           "users: [{name: u, user: {exec: {apiVersion: "
                        << kV1 << ", command: ./plugin, interactiveMode: IfAvailable, provideClusterInfo: true}}}]\n";
  std::ofstream(folder_ / "plugin") << "#!/bin/sh\nprintf %s \"$KUBERNETES_EXEC_INFO\" > " << file.string() << "\n"
                                    << credential(R"({"token":"t"})") << "\n";
  std::filesystem::permissions(folder_ / "plugin", std::filesystem::perms::owner_all);
  const auto identity = from_kubeconfig({config.string()}, "");
  ASSERT_TRUE(identity) << identity.error().message;
  const auto given = run(*identity->exec);
  ASSERT_TRUE(given) << error_of(given);
  std::ifstream in(file);
  const auto info = json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->text_at({"kind"}), "ExecCredential");
  EXPECT_EQ(info->text_at({"apiVersion"}), kV1);
  EXPECT_EQ(info->at({"spec", "interactive"})->boolean(), false);
  EXPECT_EQ(info->text_at({"spec", "cluster", "server"}), "https://a:1");
  EXPECT_EQ(core::base64_decoded(info->text_at({"spec", "cluster", "certificate-authority-data"})), "CA\n");
}

TEST_F(ExecPlugins, WhatGoesWrongIsToldInTheirWords) {
  EXPECT_EQ(error_of(run({.command = "/does/not/exist", .api_version = kV1})), "exec /does/not/exist: No such file or directory");
  EXPECT_EQ(error_of(run(script("echo 'log in first' >&2; exit 3"))), "exec sh: exit code 3: log in first\\n");
  EXPECT_EQ(error_of(run(script("echo no"))), "exec sh: its answer is no ExecCredential");
  EXPECT_EQ(error_of(run(script(credential("{}")))), "exec sh: its answer holds no token");
  EXPECT_EQ(error_of(run(script(credential(R"({"token":"t","clientCertificateData":"x"})")))),
            "exec sh: it gives a client certificate, which is not supported");
  EXPECT_EQ(error_of(run(script(credential(R"({"token":"t","expirationTimestamp":"soon"})")))),
            "exec sh: its expirationTimestamp is no time: soon");
  ExecPlugin other = script(credential(R"({"token":"t"})"));
  other.api_version = "client.authentication.k8s.io/v1beta1";
  EXPECT_EQ(error_of(run(other)), std::string("exec sh: its answer is of ") + kV1 + ", not of client.authentication.k8s.io/v1beta1");
}

TEST_F(ExecPlugins, AreEndedAtTheirLimitAndWhenTheyNeverStopTalking) {
  EXPECT_EQ(error_of(run(script("exec sleep 1000"), core::Duration(200))), "exec sh: no answer within 200ms");
  EXPECT_NE(error_of(run(script("exec yes"), core::Duration(20'000))).find("exec sh: signal"), std::string::npos);
}

}  // namespace
}  // namespace millrace::kube
