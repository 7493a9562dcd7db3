#include "kube/client/identity.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <map>

#include "kube/client/token_source.h"

namespace millrace::kube {
namespace {

class Files : public testing::Test {
 protected:
  Files() {
    std::string pattern = (std::filesystem::temp_directory_path() / "identity-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~Files() override { std::filesystem::remove_all(folder_); }
  std::string file(const std::string& name, const std::string& text) {
    const auto path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  std::filesystem::path folder_{};
};
class Kubeconfig : public Files {};
class InCluster : public Files {};
class Tokens : public Files {};

Environment env(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto it = values.find(name);
    return it == values.end() ? std::nullopt : std::optional<std::string>(it->second);
  };
}

std::string config(const std::string& cluster, const std::string& user = "token: t", const std::string& context = "cluster: c, user: u") {
  return "apiVersion: v1\nkind: Config\ncurrent-context: x\ncontexts: [{name: x, context: {" + context +
         "}}]\nclusters: [{name: c, cluster: {" + cluster + "}}]\nusers: [{name: u, user: {" + user + "}}]\n";
}
const std::string kCluster = "server: \"https://10.0.0.1:6443/\", certificate-authority-data: Q0EK";

TEST_F(Kubeconfig, ReadsInlineData) {
  const auto id = from_kubeconfig(
      {file("k", config(kCluster + ", tls-server-name: api.example", "client-certificate-data: Q0VSVA==, client-key-data: S0VZ",
                        "cluster: c, user: u, namespace: shop"))},
      "");
  ASSERT_TRUE(id.has_value()) << id.error().message;
  EXPECT_EQ(id->server, "https://10.0.0.1:6443");
  EXPECT_EQ(id->ca.data, "CA\n");
  EXPECT_EQ(id->certificate.data, "CERT");
  EXPECT_EQ(id->key.data, "KEY");
  EXPECT_EQ(id->tls_server_name, "api.example");
  EXPECT_EQ(id->ns, "shop");
}

TEST_F(Kubeconfig, PathsAreRelativeToTheirFile) {
  const auto id = from_kubeconfig(
      {file("deep/k", config("server: \"https://a:1\", certificate-authority: ca.crt", "tokenFile: /abs/token, token: ignored"))}, "x");
  ASSERT_TRUE(id.has_value()) << id.error().message;
  EXPECT_EQ(id->ca.path, (folder_ / "deep" / "ca.crt").string());
  EXPECT_EQ(id->token_file, "/abs/token");
  EXPECT_EQ(id->token, "");
}

TEST_F(Kubeconfig, FirstFileWins) {
  const std::string first = file("1", config("server: \"https://first:1\", certificate-authority-data: Q0EK"));
  const std::string second = file("2",
                                  "current-context: second\nclusters: [{name: c, cluster: {server: \"https://second:1\"}}]\ncontexts: "
                                  "[{name: second, context: {cluster: c}}]\n");
  const std::string list = (folder_ / "missing").string() + ":" + first + "::" + second;
  const auto id = find_identity({}, env({{"KUBECONFIG", list}}));
  ASSERT_TRUE(id.has_value()) << id.error().message;
  EXPECT_EQ(id->server, "https://first:1");
  EXPECT_EQ(id->token, "t");
  const auto other = find_identity({.context = "second"}, env({{"KUBECONFIG", list}}));
  ASSERT_TRUE(other.has_value()) << other.error().message;
  EXPECT_EQ(other->server, "https://first:1");
  EXPECT_EQ(other->token, "");
}

TEST_F(Kubeconfig, RefusesWhatItCannotKeepSafe) {
  const std::string ca = ", certificate-authority-data: Q0EK";
  for (const auto& [cluster, user, sentence] : std::vector<std::array<std::string, 3>>{
           {"server: \"https://a:1\", insecure-skip-tls-verify: true", "token: t", "insecure-skip-tls-verify"},
           {"server: \"https://a:1\"", "token: t", "certificate-authority is missing"},
           {"server: \"http://a:1\"", "token: t", "must be https"},
           {"server: \"https://user@a:1\"" + ca, "token: t", "must be https"},
           {"server: a" + ca, "token: t", "must be https"},
           {"server: \"https://a:1\", certificate-authority-data: \"%%\"", "token: t", "not base64"},
           {kCluster + ", proxy-url: \"socks5://p:1\"", "token: t", "proxy-url"},
           {kCluster, "exec: {command: aws}", "exec: apiVersion must be"},
           {kCluster, "exec: {apiVersion: client.authentication.k8s.io/v1}", "exec: command is missing"},
           {kCluster, "exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, interactiveMode: Always}", "needs a terminal"},
           {kCluster, "auth-provider: {name: gcp}", "auth-provider is not supported"},
           {kCluster, "username: root, token: t", "not both"},
           {kCluster, "password: x", "password needs username"},
           {kCluster, "as-groups: [admins]", "as-groups needs as"},
           {kCluster, "as: \"a\\nb\"", "control character"},
           {kCluster, "client-certificate: x", "go together"}}) {
    const auto id = from_kubeconfig({file("k", config(cluster, user))}, "");
    ASSERT_FALSE(id.has_value()) << sentence;
    EXPECT_EQ(id.error().code, core::ErrorCode::Invalid);
    EXPECT_NE(id.error().message.find(sentence), std::string::npos) << id.error().message;
  }
}

TEST_F(Kubeconfig, ReadsWhomToBeInstead) {
  const auto id = from_kubeconfig({file("k", config(kCluster,
                                                    "token: t, as: jane, as-uid: \"7\", as-groups: [one, two], "
                                                    "as-user-extra: {\"Example.org/Scope\": [a, b]}"))},
                                  "");
  ASSERT_TRUE(id.has_value()) << id.error().message;
  EXPECT_EQ(id->headers, (Headers{{"Impersonate-User", "jane"},
                                  {"Impersonate-Uid", "7"},
                                  {"Impersonate-Group", "one"},
                                  {"Impersonate-Group", "two"},
                                  {"Impersonate-Extra-example.org%2Fscope", "a"},
                                  {"Impersonate-Extra-example.org%2Fscope", "b"}}));
}

TEST_F(Kubeconfig, ReadsANameWithItsPassword) {
  const auto id = from_kubeconfig({file("k", config(kCluster, "username: Aladdin, password: open sesame"))}, "");
  ASSERT_TRUE(id.has_value()) << id.error().message;
  EXPECT_EQ(id->headers, (Headers{{"Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}}));  // RFC 7617
}

TEST_F(Kubeconfig, NamesWhatIsMissing) {
  const std::string path = file("k", config(kCluster));
  EXPECT_NE(from_kubeconfig({path}, "other").error().message.find("no context \"other\""), std::string::npos);
  EXPECT_NE(from_kubeconfig({file("e", "a: [")}, "").error().message.find("kubeconfig "), std::string::npos);
  EXPECT_NE(from_kubeconfig({file("n", "")}, "").error().message.find("current-context"), std::string::npos);
  EXPECT_NE(from_kubeconfig({file("c", config(kCluster, "token: t", "cluster: nope, user: u"))}, "").error().message.find("\"nope\""),
            std::string::npos);
  EXPECT_NE(from_kubeconfig({file("u", config(kCluster, "token: t", "cluster: c, user: nope"))}, "").error().message.find("\"nope\""),
            std::string::npos);
  EXPECT_NE(find_identity({.kubeconfig = "/does/not/exist"}, env({})).error().message.find("does not exist"), std::string::npos);
}

TEST_F(InCluster, UsesTheServiceAccount) {
  file("sa/ca.crt", "CA");
  file("sa/token", "t");
  file("sa/namespace", "shop\n");
  const IdentityOptions options{.service_account = (folder_ / "sa").string()};
  const auto id = find_identity(options, env({{"KUBERNETES_SERVICE_HOST", "10.96.0.1"}, {"KUBERNETES_SERVICE_PORT", "443"}}));
  ASSERT_TRUE(id.has_value()) << id.error().message;
  EXPECT_EQ(id->server, "https://10.96.0.1:443");
  EXPECT_EQ(id->ca.path, (folder_ / "sa/ca.crt").string());
  EXPECT_EQ(id->token_file, (folder_ / "sa/token").string());
  EXPECT_EQ(id->ns, "shop");
  const auto ipv6 = find_identity(options, env({{"KUBERNETES_SERVICE_HOST", "fd00::1"}, {"KUBERNETES_SERVICE_PORT", "443"}}));
  EXPECT_EQ(ipv6->server, "https://[fd00::1]:443");
}

TEST_F(InCluster, SaysWhatIsMissing) {
  const auto id =
      in_cluster((folder_ / "none").string(), env({{"KUBERNETES_SERVICE_HOST", "10.96.0.1"}, {"KUBERNETES_SERVICE_PORT", "443"}}));
  ASSERT_FALSE(id.has_value());
  EXPECT_NE(id.error().message.find("ca.crt does not exist"), std::string::npos);
  EXPECT_FALSE(in_cluster(folder_.string(), env({})).has_value());
}

constexpr core::Ticks seconds(int n) { return std::chrono::seconds(n); }

TEST_F(Tokens, AreReadAgainEachMinute) {
  const std::string path = file("token", "one\n");
  TokenSource source("", path);
  EXPECT_EQ(source.token(seconds(0)), "one");
  file("token", "two");
  EXPECT_EQ(source.token(seconds(59)), "one");
  EXPECT_EQ(source.token(seconds(60)), "two");
}

TEST_F(Tokens, AreReadAgainWhenRefused) {
  const std::string path = file("token", "one");
  TokenSource source("", path);
  EXPECT_EQ(source.token(seconds(0)), "one");
  EXPECT_FALSE(source.renew("one", seconds(1))) << "the file still holds the refused token";
  file("token", "two");
  EXPECT_TRUE(source.renew("one", seconds(2)));
  EXPECT_EQ(source.token(seconds(2)), "two");
  EXPECT_TRUE(source.renew("one", seconds(3))) << "somebody else has renewed it";
}

TEST_F(Tokens, StayWhileTheFileCannotBeRead) {
  const std::string path = file("token", "one");
  TokenSource source("", path);
  EXPECT_EQ(source.token(seconds(0)), "one");
  std::filesystem::remove(path);
  EXPECT_EQ(source.token(seconds(100)), "one");
  file("token", "two\nlines");
  EXPECT_EQ(source.token(seconds(200)), "one") << "a token is one line: anything else could forge headers";
}

TEST_F(Tokens, MayBeFixed) {
  TokenSource source("t", "");
  EXPECT_EQ(source.token(seconds(0)), "t");
  EXPECT_FALSE(source.renew("t", seconds(1)));
}

TEST_F(Tokens, OfAPluginAreAskedForAnewWhenTheyExpireOrAreRefused) {
  int runs = 0;
  TokenSource source("", "", [&]() -> core::Result<FreshToken> {
    return FreshToken{.token = "t" + std::to_string(++runs), .life = core::Duration(1000)};
  });
  EXPECT_EQ(source.token(core::Ticks(0)), "t1");
  EXPECT_EQ(source.token(core::Ticks(999)), "t1");
  EXPECT_EQ(source.token(core::Ticks(1000)), "t2");
  EXPECT_TRUE(source.renew("t2", core::Ticks(1001)));
  EXPECT_EQ(source.token(core::Ticks(1002)), "t3");
  EXPECT_TRUE(source.renew("t2", core::Ticks(1003))) << "another caller has renewed it already";
  EXPECT_EQ(runs, 3);
}

}  // namespace
}  // namespace millrace::kube
