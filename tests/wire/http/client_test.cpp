#include "http/client.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <condition_variable>
#include <future>
#include <mutex>

#include "support/wire/certificates.h"
#include "support/wire/tls_server.h"
#include "support/wire/tunnel.h"

namespace millrace::http {
namespace {

using core::ErrorCode;
using support::Peer;
using support::TlsServer;
using support::Tunnel;
using namespace std::chrono_literals;

const support::Authority& authority() {
  static const support::Authority one("http");
  return one;
}

core::Result<void> trust(ssl_ctx_st* context) {
  const std::string pem = authority().pem();
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> ca(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.get());
  return {};
}

TlsServer serve(TlsServer::Script script) { return {{.identity = authority().issue()}, std::move(script)}; }
Server server_of(const TlsServer& server) { return {.host = "127.0.0.1", .port = std::to_string(server.port())}; }

// Takes everything, or what `wants` says.
struct Taker final : Listener {
  void head(Head come) override {
    const std::lock_guard lock(mutex);
    status = come.status;
    changed.notify_all();
  }
  Appetite bytes(std::string_view some) override {
    const std::lock_guard lock(mutex);
    ++pieces;
    taken += some;
    changed.notify_all();
    return wants;
  }
  void ended(std::optional<core::Error> error) override { end.set_value(std::move(error)); }
  std::string error() {
    const auto why = end.get_future().get();
    return why ? why->message : "";
  }
  void wait_for_a_piece() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return pieces > 0; });
  }

  std::mutex mutex{};
  std::condition_variable changed{};
  int status = 0, pieces = 0;
  std::string taken{};
  Appetite wants = Appetite::More;
  std::promise<std::optional<core::Error>> end{};
};

Request get(core::Duration deadline = 20s) { return {.target = "/x", .headers = {{"Host", "h"}}, .deadline = deadline}; }

TEST(HttpClient, EndsACallWhoseListenerHasEnough) {
  const auto server = serve([](Peer& peer) {
    peer.read();
    peer.start_stream();
    while (peer.chunk("x")) continue;
  });
  Client client(server_of(server), trust);
  const auto taker = std::make_shared<Taker>();
  taker->wants = Appetite::Enough;
  client.begin(get(), taker);
  EXPECT_EQ(taker->error(), "stopped");
  EXPECT_EQ(taker->pieces, 1);
}

TEST(HttpClient, ACallThatIsCancelledAtOnceIsNotMade) {
  const auto server = serve([](Peer& peer) { peer.read(); });
  Client client(server_of(server), trust);
  std::promise<void> go;
  client.later([&] { go.get_future().wait(); });  // so that both are there before the first begins
  const auto taker = std::make_shared<Taker>();
  client.begin(get(), taker)->cancel();
  go.set_value();
  const auto why = taker->end.get_future().get();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->code, ErrorCode::Cancelled);
}

TEST(HttpClient, ARefusalOfAHeadThatIsTooLong) {
  const auto server = serve([](Peer& peer) {
    peer.read();
    peer.answer(200, "{}", "X-Long: " + std::string(70'000, 'x') + "\r\n");
  });
  Client client(server_of(server), trust);
  const auto taker = std::make_shared<Taker>();
  client.begin(get(), taker);
  EXPECT_EQ(taker->error(), "cannot hear the answer: header limit exceeded");
}

TEST(HttpClient, WhatIsNoHttpIsAnError) {
  const auto server = serve([](Peer& peer) {
    peer.read();
    peer.write("220 mail.example ESMTP\r\n\r\n");
  });
  Client client(server_of(server), trust);
  const auto taker = std::make_shared<Taker>();
  client.begin(get(), taker);
  EXPECT_EQ(taker->error(), "cannot hear the answer: bad version");
}

TEST(HttpClient, TheDeadlineOfSilenceBeginsAnewWithEachByte) {
  std::promise<void> enough;
  const auto server = serve([&](Peer& peer) {
    peer.read();
    peer.start_stream();
    peer.chunk("x");
    enough.get_future().wait();
    peer.chunk("y");
    peer.wait_until_gone();
  });
  Client client(server_of(server), trust);
  const auto taker = std::make_shared<Taker>();
  const auto call = client.begin(get(1h), taker);
  taker->wait_for_a_piece();
  call->expect_within(200ms);
  enough.set_value();
  EXPECT_EQ(taker->error(), "no answer within 200ms");
  EXPECT_EQ(taker->taken, "xy");
}

TEST(HttpClient, AsksAProxyForATunnel) {
  const auto server = serve([](Peer& peer) {
    while (const auto request = peer.read()) peer.answer(200, request->target);
  });
  const Tunnel proxy;
  Server through = server_of(server);
  through.proxy_host = "127.0.0.1";
  through.proxy_port = std::to_string(proxy.port());
  Client client(through, trust);
  for (int i = 0; i < 2; ++i) {
    const auto taker = std::make_shared<Taker>();
    client.begin(get(), taker);
    EXPECT_EQ(taker->error(), "");
    EXPECT_EQ(taker->taken, "/x");
  }
  EXPECT_EQ(proxy.asked(), std::vector<std::string>{"CONNECT 127.0.0.1:" + std::to_string(server.port()) + " HTTP/1.1"});
}

TEST(HttpClient, TellsWhatAProxyAnswers) {
  const Tunnel proxy(407);
  Client client({.host = "127.0.0.1", .port = "1", .proxy_host = "127.0.0.1", .proxy_port = std::to_string(proxy.port())}, trust);
  const auto taker = std::make_shared<Taker>();
  client.begin(get(), taker);
  EXPECT_EQ(taker->error(), "the proxy answers 407 to CONNECT");
}

}  // namespace
}  // namespace millrace::http
