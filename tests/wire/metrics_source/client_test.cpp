#include "metrics_source/client.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>

#include "endpoints/server.h"
#include "support/wire/certificates.h"
#include "support/wire/tls_server.h"

namespace millrace::metrics_source {
namespace {

using core::ErrorCode;
using support::Authority;
using support::Peer;
using support::TlsServer;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

const Authority& authority() {
  static const Authority one("metrics");
  return one;
}

class MetricsClient : public testing::Test {
 protected:
  MetricsClient() : folder_(std::filesystem::temp_directory_path() / ("millrace-metrics-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
    write("ca.crt", authority().pem());
  }
  ~MetricsClient() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void write(const std::string& name, const std::string& text) { std::ofstream(path(name), std::ios::trunc) << text; }
  std::unique_ptr<TlsServer> serve(TlsServer::Script script) {
    return std::make_unique<TlsServer>(support::TlsServerOptions{.identity = authority().issue()}, std::move(script));
  }
  Source source(const TlsServer& server, const std::string& name = "p") const {
    return {.name = name, .tls = true, .host = "127.0.0.1", .port = std::to_string(server.port()), .ca_file = path("ca.crt")};
  }
  static std::unique_ptr<Client> client(const std::vector<Source>& sources) {
    auto out = Client::start(sources);
    EXPECT_TRUE(out) << out.error().message;
    return std::move(*out);
  }
  static std::future<core::Result<Reply>> ask(Client& client, Query query) {
    auto answer = std::make_shared<std::promise<core::Result<Reply>>>();
    auto out = answer->get_future();
    client.ask(std::move(query), [answer](core::Result<Reply> reply) { answer->set_value(std::move(reply)); });
    return out;
  }
  static Query query(core::Duration deadline = 10s, const std::string& source = "p") {
    return {.source = source, .ns = "ml", .path_and_query = "/api/v1/query?query=up", .deadline = deadline};
  }
  static std::string said(const core::Result<Reply>& reply) {
    return reply ? std::to_string(reply->status) + " " + reply->body : reply.error().message;
  }

  std::filesystem::path folder_;
};

TEST_F(MetricsClient, KeepsItsConnection) {
  const auto server = serve([](Peer& peer) {
    while (const auto request = peer.read()) peer.answer(200, request->target);
  });
  const auto one = client({source(*server)});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(said(ask(*one, query()).get()), "200 /api/v1/query?query=up");
  EXPECT_EQ(server->connections(), 1);
}

TEST_F(MetricsClient, TellsTheServerWhoseDataIsAskedFor) {
  const auto server = serve([](Peer& peer) {
    while (const auto r = peer.read()) {
      const auto of = [&](const char* name) { return r->headers.contains(name) ? r->headers.at(name) : "-"; };
      peer.answer(200, r->target + " " + of("X-Scope-OrgID") + " " + of("Authorization"));
    }
  });
  Source label = source(*server, "label"), header = source(*server, "header");
  label.tenancy = Tenancy::Label;
  header.tenancy = Tenancy::Header;
  header.token_file = path("token");
  write("token", "first\n");
  const auto one = client({label, header});
  const std::string up = "/api/v1/query?query=up";
  EXPECT_EQ(said(ask(*one, query(10s, "label")).get()), "200 " + up + "&namespace=ml - -");
  EXPECT_EQ(said(ask(*one, query(10s, "header")).get()), "200 " + up + " ml Bearer first");
  write("token", "second");
  EXPECT_EQ(said(ask(*one, query(10s, "header")).get()), "200 " + up + " ml Bearer second");
  std::filesystem::remove(path("token"));
  EXPECT_EQ(said(ask(*one, query(10s, "header")).get()), "token-file " + path("token") + " holds no token");
}

TEST_F(MetricsClient, AnErrorPageAndARedirectAreAnswers) {
  const auto server = serve([](Peer& peer) {
    if (peer.read()) peer.answer(500, "<html>no</html>", "Content-Type: text/html\r\n");
    if (peer.read()) peer.answer(302, "elsewhere", "Location: http://169.254.169.254/\r\n");
    peer.wait_until_gone();
  });
  const auto one = client({source(*server)});
  EXPECT_EQ(said(ask(*one, query()).get()), "500 <html>no</html>");
  EXPECT_EQ(said(ask(*one, query()).get()), "302 elsewhere");
}

TEST_F(MetricsClient, ASlowAnswerEndsAtItsDeadlineAndDelaysNoOtherSource) {
  const auto slow = serve([](Peer& peer) {
    peer.read();
    peer.wait_until_gone();
  });
  const auto quick = serve([](Peer& peer) {
    while (peer.read()) peer.answer(200, "ok");
  });
  const auto one = client({source(*slow, "slow"), source(*quick, "quick")});
  const auto began = Clock::now();
  std::vector<std::future<core::Result<Reply>>> late;
  for (int i = 0; i < 20; ++i) late.push_back(ask(*one, query(1500ms, "slow")));
  EXPECT_EQ(said(ask(*one, query(10s, "quick")).get()), "200 ok");
  EXPECT_EQ(late.front().wait_for(0s), std::future_status::timeout) << "the quick one did not wait";
  for (auto& each : late) {
    const auto reply = each.get();
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::Unavailable);
    EXPECT_EQ(reply.error().message, "no answer within 1s500ms");
  }
  EXPECT_LT(Clock::now() - began, 8s) << "they wait side by side";
}

TEST_F(MetricsClient, AHugeAnswerIsCut) {
  const auto server = serve([](Peer& peer) {
    peer.read();
    peer.start_stream();
    while (peer.chunk(std::string(64 * 1024, 'x'))) {
    }
  });
  const auto one = client({source(*server)});
  const auto reply = ask(*one, query()).get();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::TooLarge);
  EXPECT_EQ(reply.error().message, "the answer is larger than 1 MiB");
}

TEST_F(MetricsClient, AnAnswerThatIsCutShortIsNone) {
  const auto server = serve([](Peer& peer) {
    peer.read();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  const auto one = client({source(*server)});
  const auto reply = ask(*one, query()).get();
  ASSERT_FALSE(reply);
  EXPECT_NE(reply.error().message.find("the metrics source cannot be reached: cannot read the answer"), std::string::npos) << said(reply);
}

TEST_F(MetricsClient, AConnectionThatWasClosedMeanwhileIsReplaced) {
  const auto server = serve([](Peer& peer) {
    if (peer.read()) peer.answer(200, std::to_string(peer.number()));
  });
  const auto one = client({source(*server)});
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(said(ask(*one, query()).get()), "200 " + std::to_string(i));
}

TEST_F(MetricsClient, AStrangersCertificateIsRefused) {
  const Authority other("stranger");
  const TlsServer server({.identity = other.issue()}, [](Peer& peer) { peer.read(); });
  const auto one = client({source(server)});
  const auto reply = ask(*one, query()).get();
  ASSERT_FALSE(reply);
  EXPECT_NE(reply.error().message.find("cannot agree on TLS"), std::string::npos) << said(reply);
  Source misnamed = source(server);
  const auto wrong = std::make_unique<TlsServer>(support::TlsServerOptions{.identity = authority().issue({.names = {"DNS:other"}})},
                                                 [](Peer& peer) { peer.read(); });
  misnamed.port = std::to_string(wrong->port());
  const auto two = client({misnamed});
  EXPECT_FALSE(ask(*two, query()).get());
}

TEST_F(MetricsClient, SpeaksPlainHttpToo) {
  const auto server = endpoints::Server::start({.address = "127.0.0.1", .port = 0},
                                               {{"/prefix/api/v1/query", [] { return endpoints::Page{.body = "plain"}; }}});
  ASSERT_TRUE(server);
  const auto one = client({{.name = "p", .host = "127.0.0.1", .port = std::to_string((*server)->port()), .prefix = "/prefix"}});
  EXPECT_EQ(said(ask(*one, query()).get()), "200 plain");
}

TEST_F(MetricsClient, WhoIsNotThereIsUnavailable) {
  std::uint16_t port = 0;
  {
    const auto gone = serve([](Peer&) {});
    port = gone->port();
  }
  const auto one = client({{.name = "p", .host = "127.0.0.1", .port = std::to_string(port)}});
  EXPECT_NE(said(ask(*one, query()).get()).find("the metrics source cannot be reached: cannot connect"), std::string::npos);
  EXPECT_EQ(said(ask(*one, query(10s, "other")).get()), "no metrics source is named \"other\"");
}

TEST_F(MetricsClient, StopsWhileQueriesAreInFlight) {
  const auto server = serve([](Peer& peer) {
    peer.read();
    peer.wait_until_gone();
  });
  const auto one = client({source(*server)});
  bool called = false;
  one->ask(query(60s), [&](core::Result<Reply>) { called = true; });
  one->stop();
  EXPECT_FALSE(called);
}

TEST_F(MetricsClient, ACaFileWithoutCertificatesIsRefused) {
  write("ca.crt", "nothing");
  const auto bad = Client::start({{.name = "p", .tls = true, .host = "p", .port = "443", .ca_file = path("ca.crt")}});
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message.find("must be a file with PEM certificates"), std::string::npos);
}

}  // namespace
}  // namespace millrace::metrics_source
