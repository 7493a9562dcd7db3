#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "wire/kube_client/fixture.h"

namespace millrace::kube {
namespace {

using core::ErrorCode;

class Tls : public ByBackend {};
INSTANTIATE_TEST_SUITE_P(By, Tls, both_backends(), backend_name);

void hello(Peer& peer) {
  while (peer.read()) peer.answer(200, "{}");
}

TEST_P(Tls, TalksToTheClustersServer) {
  const auto server = serve(hello);
  Client client(*server);
  const auto answer = client.get();
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "{}");
}

TEST_P(Tls, RefusesAnotherAuthority) {
  const Authority other("cluster");  // by name it is the same
  const auto server = serve(hello, {.identity = other.issue()});
  Client client(*server);
  EXPECT_EQ(code_of(client.get()), ErrorCode::Unavailable);
  EXPECT_EQ(server->handshakes(), 0);
}

TEST_P(Tls, RefusesTheSystemsAuthorities) {
  const Authority system("system");
  const auto file = std::filesystem::temp_directory_path() / ("wire-roots-" + std::to_string(getpid()));
  std::ofstream(file) << system.pem();
  const auto server = serve(hello, {.identity = system.issue()});
  Client client(*server);
  setenv("SSL_CERT_FILE", file.c_str(), 1);  // where OpenSSL looks for the system's, at each connection; the client had emptied it
  const auto answer = client.get();
  setenv("SSL_CERT_FILE", "/dev/null", 1);
  std::filesystem::remove(file);
  EXPECT_EQ(code_of(answer), ErrorCode::Unavailable) << message_of(answer);
}

TEST_P(Tls, RefusesAnotherName) {
  const auto server = serve(hello, {.identity = cluster_authority().issue({.names = {"DNS:api.example", "IP:127.0.0.2"}})});
  Client client(*server);
  const auto answer = client.get();
  EXPECT_EQ(code_of(answer), ErrorCode::Unavailable) << message_of(answer);
}

TEST_P(Tls, ChecksTheNameThatTheKubeconfigGives) {
  const auto server = serve(hello, {.identity = cluster_authority().issue({.names = {"DNS:api.example"}})});
  Client client(Identity{.server = server->url(), .tls_server_name = "api.example", .ca = {.data = cluster_authority().pem()}});
  const auto answer = client.get();
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  Client wrong(Identity{.server = server->url(), .tls_server_name = "other.example", .ca = {.data = cluster_authority().pem()}});
  EXPECT_EQ(code_of(wrong.get()), ErrorCode::Unavailable);
}

TEST_P(Tls, RefusesAnExpiredCertificate) {
  const auto server = serve(hello, {.identity = cluster_authority().issue({.days = -1})});
  Client client(*server);
  EXPECT_EQ(code_of(client.get()), ErrorCode::Unavailable);
}

TEST_P(Tls, RefusesOldVersions) {
  const auto server = serve(hello, {.identity = cluster_authority().issue(), .old_tls = true});
  Client client(*server);
  EXPECT_EQ(code_of(client.get()), ErrorCode::Unavailable);
}

TEST_P(Tls, ShowsTheClientsCertificate) {
  const Authority clients("clients");
  const auto server = serve(hello, {.identity = cluster_authority().issue(), .client_authority = clients.pem()});
  const auto mine = clients.issue({.names = {"DNS:me"}});
  Client client(Identity{.server = server->url(),
                         .ca = {.data = cluster_authority().pem()},
                         .certificate = {.data = mine.certificate},
                         .key = {.data = mine.key}});
  const auto answer = client.get();
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  Client nobody(*server);
  EXPECT_EQ(code_of(nobody.get()), ErrorCode::Unavailable);
}

TEST_P(Tls, SaysWhichFileItCannotRead) {
  const auto server = serve(hello);
  Client client(Identity{.server = server->url(), .ca = {.path = "/does/not/exist"}});
  const auto answer = client.get();
  EXPECT_EQ(code_of(answer), ErrorCode::Unavailable);
  EXPECT_NE(message_of(answer).find("cannot read /does/not/exist"), std::string::npos) << message_of(answer);
  EXPECT_EQ(server->handshakes(), 0) << "nobody is trusted then";
}

TEST_P(Tls, PicksUpARotatedAuthority) {
  const auto file = std::filesystem::temp_directory_path() / ("wire-ca-" + std::to_string(getpid()));
  const Authority old("old");
  std::ofstream(file) << old.pem();
  const auto server = serve(hello);
  Client client(Identity{.server = server->url(), .ca = {.path = file.string()}});
  EXPECT_EQ(code_of(client.get()), ErrorCode::Unavailable);
  std::ofstream(file) << cluster_authority().pem();
  const auto answer = client.get();
  std::filesystem::remove(file);
  EXPECT_TRUE(answer.has_value()) << message_of(answer);
}

}  // namespace
}  // namespace millrace::kube
