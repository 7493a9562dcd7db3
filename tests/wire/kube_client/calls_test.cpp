#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "support/wire/tunnel.h"
#include "wire/kube_client/fixture.h"

namespace millrace::kube {
namespace {

using core::ErrorCode;

class Calls : public ByBackend {};
INSTANTIATE_TEST_SUITE_P(By, Calls, both_backends(), backend_name);

TEST_P(Calls, CarryWhatTheApiNeeds) {
  std::promise<support::SeenRequest> seen;
  const auto server = serve([&](Peer& peer) {
    if (auto request = peer.read()) seen.set_value(*request);
    peer.answer(409, "{\"kind\":\"Status\"}", "Retry-After: 3\r\nWarning: 299 - \"old, API\"\r\n");
  });
  Client client(*server);
  const auto answer = client.transport.send(
      {.method = "PATCH", .path = "/a%2Fb?c=d%20e", .body = "{\"x\":1}", .content_type = "application/apply-patch+yaml"}, {});
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(*answer,
            (Response{.status = 409, .body = "{\"kind\":\"Status\"}", .retry_after = core::Duration(3000), .warnings = {"old, API"}}));
  const auto request = seen.get_future().get();
  EXPECT_EQ(request.method, "PATCH");
  EXPECT_EQ(request.target, "/a%2Fb?c=d%20e");
  EXPECT_EQ(request.body, "{\"x\":1}");
  EXPECT_EQ(request.headers.at("Content-Type"), "application/apply-patch+yaml");
  EXPECT_EQ(request.headers.at("Accept"), "application/json");
  EXPECT_EQ(request.headers.at("Authorization"), "Bearer secret");
  EXPECT_EQ(request.headers.at("User-Agent"), "millrace");
}

TEST_P(Calls, DoNotFollowRedirects) {
  std::atomic<int> requests{0};
  const auto other = serve([&](Peer& peer) {
    if (peer.read()) ++requests;
    peer.answer(200, "stolen");
  });
  const auto server = serve([&](Peer& peer) {
    peer.read();
    peer.answer(302, "", "Location: " + other->url() + "/x\r\n");
  });
  Client client(*server);
  const auto answer = client.get();
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(requests, 0) << "the token would have gone with it";
}

TEST_P(Calls, EndAtTheirDeadlineWithoutAnAnswer) {
  const auto server = serve([](Peer& peer) {
    peer.read();
    peer.wait_until_gone();
  });
  Client client(*server);
  const auto begin = Clock::now();
  const auto answer = client.get("/x", std::chrono::milliseconds(150));
  EXPECT_EQ(code_of(answer), ErrorCode::Unavailable);
  EXPECT_NE(message_of(answer).find("within 150ms"), std::string::npos) << message_of(answer);
  EXPECT_LT(milliseconds_since(begin), 5000);
}

TEST_P(Calls, EndAtTheirDeadlineThoughBytesTrickle) {
  const auto server = serve([](Peer& peer) {
    peer.read();
    peer.start_stream();
    while (peer.chunk("x")) std::this_thread::sleep_for(std::chrono::milliseconds(10));  // the pace of a slow server
  });
  Client client(*server);
  const auto begin = Clock::now();
  EXPECT_EQ(code_of(client.get("/x", std::chrono::milliseconds(200))), ErrorCode::Unavailable);
  EXPECT_LT(milliseconds_since(begin), 5000);
}

TEST_P(Calls, EndWithinMillisecondsOfAStop) {
  std::promise<void> arrived;
  const auto server = serve([&](Peer& peer) {
    peer.read();
    arrived.set_value();
    peer.wait_until_gone();
  });
  Client client(*server);
  std::stop_source stop;
  Clock::time_point asked;
  std::thread stopper([&] {
    arrived.get_future().wait();
    asked = Clock::now();
    stop.request_stop();
  });
  const auto answer = client.transport.send({.path = "/x"}, stop.get_token());
  const double late = milliseconds_since(asked);
  stopper.join();
  EXPECT_EQ(code_of(answer), ErrorCode::Cancelled);
  EXPECT_LT(late, 500) << "milliseconds on a quiet machine; a loaded one has room";
}

TEST_P(Calls, AreNotMadeOnceStopped) {
  const auto server = serve([](Peer& peer) { peer.read(); });
  Client client(*server);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(code_of(client.transport.send({.path = "/x"}, stop.get_token())), ErrorCode::Cancelled);
  EXPECT_EQ(server->connections(), 0);
}

// cpprestsdk gives a connection back a moment after its answer was read, so a caller in a hurry may find it still taken and open
// another; a connection per call is what must not be.
TEST_P(Calls, ReuseTheirConnections) {
  const auto server = serve([](Peer& peer) {
    while (peer.read()) peer.answer(200, "{}");
  });
  Client client(*server);
  for (int i = 0; i < 40; ++i) EXPECT_TRUE(client.get().has_value());
  EXPECT_LT(server->connections(), GetParam() == Backend::Beast ? 2 : 20);
}

// A server that answers one request of a connection and takes the second without a word.
struct Swallower {
  TlsServer::Script script() {
    return [this](Peer& peer) {
      for (bool first = true; const auto request = peer.read(); first = false) {
        {
          const std::lock_guard lock(mutex);
          seen.push_back(request->method);
        }
        if (peer.number() == 1 && !first) return;
        peer.answer(200, "{}");
      }
    };
  }
  long count(const std::string& method) {
    const std::lock_guard lock(mutex);
    return std::count(seen.begin(), seen.end(), method);
  }
  std::mutex mutex{};
  std::vector<std::string> seen{};
};

TEST_P(Calls, ThatMayReachTheServerTwiceAreAnsweredWhenAKeptConnectionBreaks) {
  Swallower swallower;
  const auto server = serve(swallower.script());
  Client client(*server);
  ASSERT_TRUE(client.get().has_value());
  const auto answer = client.get();
  EXPECT_TRUE(answer.has_value()) << message_of(answer);
  EXPECT_GE(swallower.count("GET"), 2);
}

// cpprestsdk sends a POST again, on its own; and it may open another connection at once, being slow to give one back. Names are
// deterministic: it does no harm.
TEST_P(Calls, APostReachesTheServerOnceByBeast) {
  Swallower swallower;
  const auto server = serve(swallower.script());
  Client client(*server);
  ASSERT_TRUE(client.get().has_value());
  const auto answer = client.transport.send({.method = "POST", .path = "/x", .body = "{}", .content_type = "application/json"}, {});
  if (GetParam() == Backend::Beast) {
    EXPECT_EQ(code_of(answer), ErrorCode::Unavailable);
    EXPECT_EQ(swallower.count("POST"), 1);
    return;
  }
  EXPECT_TRUE(answer.has_value()) << message_of(answer);
  EXPECT_LE(swallower.count("POST"), 2);
}

TEST_P(Calls, ReachAnIpv6AddressByBeast) {
  const auto server = serve(
      [](Peer& peer) {
        while (peer.read()) peer.answer(200, "{}");
      },
      {.identity = cluster_authority().issue({.names = {"IP:::1"}}), .ipv6 = true});
  Client client(*server);
  const auto answer = client.get();
  if (GetParam() == Backend::Beast) {
    ASSERT_TRUE(answer.has_value()) << message_of(answer);
    EXPECT_EQ(answer->status, 200);
    return;
  }
  EXPECT_EQ(code_of(answer), ErrorCode::Invalid);
  EXPECT_EQ(message_of(answer), "cpprestsdk cannot speak to " + server->url() + ", an IPv6 address: use beast");
}

TEST_P(Calls, CarryWhomToBeInstead) {
  std::promise<std::map<std::string, std::string>> seen;
  const auto server = serve([&](Peer& peer) {
    if (const auto request = peer.read()) seen.set_value(request->headers);
    peer.answer(200, "{}");
  });
  Client client(Identity{.server = server->url(),
                         .ca = {.data = cluster_authority().pem()},
                         .token = "t",
                         .headers = {{"Impersonate-User", "jane"}, {"Impersonate-Group", "admins"}}});
  ASSERT_TRUE(client.get().has_value());
  const auto headers = seen.get_future().get();
  EXPECT_EQ(headers.at("Impersonate-User"), "jane");
  EXPECT_EQ(headers.at("Impersonate-Group"), "admins");
  EXPECT_EQ(headers.at("Authorization"), "Bearer t");
}

TEST_P(Calls, GoThroughTheProxyOfTheKubeconfig) {
  const auto server = serve([](Peer& peer) {
    while (const auto request = peer.read()) peer.answer(200, request->target);
  });
  const support::Tunnel proxy;
  Client client(Identity{
      .server = server->url(), .ca = {.data = cluster_authority().pem()}, .proxy = "http://127.0.0.1:" + std::to_string(proxy.port())});
  const auto answer = client.get();
  ASSERT_TRUE(answer.has_value()) << message_of(answer);
  EXPECT_EQ(answer->body, "/x");
  ASSERT_EQ(proxy.asked().size(), 1U);
  EXPECT_EQ(proxy.asked()[0], "CONNECT 127.0.0.1:" + std::to_string(server->port()) + " HTTP/1.1");
}

TEST_P(Calls, AreCountedByCodeMethodAndHost) {
  const auto server = serve([](Peer& peer) {
    peer.read();
    peer.answer(404, "{}");
  });
  Client client(*server);
  ASSERT_TRUE(client.get().has_value());
  const std::string host = "127.0.0.1:" + std::to_string(server->port());
  EXPECT_EQ(client.meters.rest_requests.with({"404", "GET", host}).value(), 1);
  Client nobody(Identity{.server = "https://127.0.0.1:1", .ca = {.data = cluster_authority().pem()}});
  EXPECT_EQ(code_of(nobody.get()), ErrorCode::Unavailable);
  EXPECT_EQ(nobody.meters.rest_requests.with({"<error>", "GET", "127.0.0.1:1"}).value(), 1);
}

TEST_P(Calls, WorkAgainWhenTheServerIsBack) {
  std::uint16_t port = 0;
  {
    port = serve([](Peer&) {})->port();
  }
  Client client(Identity{.server = "https://127.0.0.1:" + std::to_string(port), .ca = {.data = cluster_authority().pem()}});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(code_of(client.get()), ErrorCode::Unavailable);
  const auto server = serve(
      [](Peer& peer) {
        while (peer.read()) peer.answer(200, "{}");
      },
      {.identity = cluster_authority().issue(), .port = port});
  const auto answer = client.get();
  EXPECT_TRUE(answer.has_value()) << message_of(answer);
}

TEST_P(Calls, TryARenewedTokenOnce) {
  const auto file = std::filesystem::temp_directory_path() / ("wire-token-" + std::to_string(getpid()));
  std::ofstream(file) << "old";
  std::mutex mutex;
  std::vector<std::string> tokens;
  const auto server = serve([&](Peer& peer) {
    while (const auto request = peer.read()) {
      const std::string token = request->headers.at("Authorization");
      {
        const std::lock_guard lock(mutex);
        tokens.push_back(token);
        if (tokens.size() == 2) std::ofstream(file) << "new";  // rotated while the old one was still in memory
      }
      peer.answer(token == "Bearer new" || tokens.size() == 1 ? 200 : 401, "{}");
    }
  });
  Client client(Identity{.server = server->url(), .ca = {.data = cluster_authority().pem()}, .token_file = file.string()});
  EXPECT_EQ(client.get()->status, 200);
  EXPECT_EQ(client.get()->status, 200);
  std::filesystem::remove(file);
  const std::lock_guard lock(mutex);
  EXPECT_EQ(tokens, (std::vector<std::string>{"Bearer old", "Bearer old", "Bearer new"}));
}

TEST_P(Calls, FromManyThreadsAtOnce) {
  const auto server = serve([](Peer& peer) {
    while (const auto request = peer.read()) peer.answer(200, request->target);
  });
  Client client(*server);
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5; ++i) {
        const std::string path = "/" + std::to_string(t * 100 + i);
        const auto answer = client.get(path);
        if (answer && answer->body == path) ++good;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 40);
}

}  // namespace
}  // namespace millrace::kube
