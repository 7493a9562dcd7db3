#include "endpoints/server.h"

#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <stdexcept>

#include "endpoints/health.h"

namespace millrace::endpoints {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

class Connection {
 public:
  Connection(const Server& server, const std::string& address = "127.0.0.1") {
    socket_.connect({asio::ip::make_address(address), server.port()});
  }
  void send(const std::string& text) {
    boost::system::error_code ignored;  // the server may have closed while a large request is being written
    asio::write(socket_, asio::buffer(text), ignored);
  }
  std::string until_closed() {
    std::string out;
    boost::system::error_code error;
    asio::read(socket_, asio::dynamic_buffer(out), error);
    return out;
  }
  std::string until(const std::string& end) {
    std::string out;
    boost::system::error_code error;
    asio::read_until(socket_, asio::dynamic_buffer(out), end, error);
    return out;
  }

 private:
  asio::io_context context_{};
  tcp::socket socket_{context_};
};

std::unique_ptr<Server> serve(ServerOptions options = {.address = "127.0.0.1", .port = 0}) {
  auto server = Server::start(options, {{"/metrics", [] { return Page{.body = "m 1\n", .content_type = kMetricsType}; }},
                                        {"/bug", []() -> Page { throw std::runtime_error("broken\npromise"); }}});
  if (!server) throw std::runtime_error(server.error().message);
  return *std::move(server);
}

std::string ask(const Server& server, const std::string& line, const std::string& headers = "Connection: close\r\n",
                const std::string& body = "") {
  Connection c(server);
  c.send(line + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n" + body);
  return c.until_closed();
}

bool starts_with(const std::string& text, const std::string& head) { return text.rfind(head, 0) == 0; }

TEST(Server, ServesPages) {
  const auto server = serve();
  const std::string answer = ask(*server, "GET /metrics?x=1");
  EXPECT_TRUE(starts_with(answer, "HTTP/1.1 200 OK")) << answer;
  EXPECT_NE(answer.find("Content-Type: text/plain; version=0.0.4"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nm 1\n")) << answer;
}

TEST(Server, RefusesTheRest) {
  const auto server = serve();
  EXPECT_TRUE(starts_with(ask(*server, "GET /other"), "HTTP/1.1 404"));
  EXPECT_TRUE(starts_with(ask(*server, "DELETE /metrics"), "HTTP/1.1 405"));
  EXPECT_TRUE(starts_with(ask(*server, "POST /metrics", "Content-Length: 3\r\n", "abc"), "HTTP/1.1 413"));
  EXPECT_TRUE(starts_with(ask(*server, "GET /metrics", "X: " + std::string(9000, 'x') + "\r\n"), "HTTP/1.1 431"));
  EXPECT_TRUE(starts_with(ask(*server, "nonsense"), "HTTP/1.1 400"));
}

TEST(Server, SurvivesAPageThatThrows) {
  const auto server = serve();
  const std::string answer = ask(*server, "GET /bug");
  EXPECT_TRUE(starts_with(answer, "HTTP/1.1 500")) << answer;
  EXPECT_NE(answer.find("internal error: broken\\npromise\n"), std::string::npos) << answer;
  EXPECT_TRUE(starts_with(ask(*server, "GET /metrics"), "HTTP/1.1 200"));
}

TEST(Server, AnswersHeadWithoutABody) {
  const auto server = serve();
  const std::string answer = ask(*server, "HEAD /metrics");
  EXPECT_TRUE(starts_with(answer, "HTTP/1.1 200")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
  EXPECT_NE(answer.find("Content-Length: 4"), std::string::npos) << answer;
}

TEST(Server, KeepsConnectionsAlive) {
  const auto server = serve();
  Connection c(*server);
  for (int i = 0; i < 3; ++i) {
    c.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(starts_with(c.until("m 1\n"), "HTTP/1.1 200"));
  }
}

TEST(Server, BoundsItsConnections) {
  const auto server = serve({.address = "127.0.0.1", .port = 0, .connections = 2});
  auto first = std::make_unique<Connection>(*server);
  Connection second(*server), third(*server);
  EXPECT_EQ(third.until_closed(), "");
  second.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(starts_with(second.until("m 1\n"), "HTTP/1.1 200"));
}

TEST(Server, ListensOnBothFamilies) {
  const auto server = serve({.address = "", .port = 0});
  for (const char* address : {"127.0.0.1", "::1"}) {
    boost::system::error_code error;
    asio::io_context context;
    tcp::socket probe(context, asio::ip::make_address(address).is_v6() ? tcp::v6() : tcp::v4());
    probe.bind({asio::ip::make_address(address), 0}, error);
    if (error) continue;  // a host without IPv6: the other family is all there is
    Connection c(*server, address);
    c.send("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(starts_with(c.until_closed(), "HTTP/1.1 200")) << address;
  }
}

TEST(Server, SaysWhyItCannotListen) {
  const auto server = serve();
  const auto taken = Server::start({.address = "127.0.0.1", .port = server->port()}, {});
  ASSERT_FALSE(taken.has_value());
  EXPECT_NE(taken.error().message.find("cannot listen on 127.0.0.1:"), std::string::npos);
  EXPECT_FALSE(Server::start({.address = "no address", .port = 0}, {}).has_value());
}

TEST(Server, StopsWithOpenConnections) {
  auto server = serve();
  Connection c(*server);
  c.send("GET /met");
  server.reset();
  EXPECT_EQ(c.until_closed(), "");
}

TEST(HealthPage, NamesWhatFailed) {
  const Check well{"lease", [] { return std::nullopt; }}, ill{"caches", [] { return std::optional<std::string>("Pod is not synced"); }};
  const Page good = health_page({well}), bad = health_page({well, ill});
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(good.body, "[+]lease ok\nok\n");
  EXPECT_EQ(bad.status, 503);
  EXPECT_EQ(bad.body, "[+]lease ok\n[-]caches failed: Pod is not synced\nnot ok\n");
}

}  // namespace
}  // namespace millrace::endpoints
