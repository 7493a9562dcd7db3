// Reports over loopback TLS: who is heard, and what a stranger cannot do.
#include "endpoints/post_server.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <mutex>
#include <stdexcept>
#include <vector>

namespace millrace::endpoints {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

const std::string kName = "millrace-reports.millrace.svc";
const core::Instant kNow = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());

const Certificate& identity() {
  static const Certificate made = *make_certificate(kName, kNow);
  return made;
}

struct Listener {
  std::mutex mutex{};
  std::vector<Posted> heard{};
  Page answer{.status = 204};
  std::unique_ptr<PostServer> server{};

  explicit Listener(int connections = 64) {
    const auto hear = [this](const Posted& posted) -> Page {
      const std::lock_guard lock(mutex);
      if (posted.body == "bug") throw std::runtime_error("broken");
      heard.push_back(posted);
      return answer;
    };
    auto started = PostServer::start({.address = "127.0.0.1", .port = 0, .connections = connections}, identity(), hear);
    if (!started) throw std::runtime_error(started.error().message);
    server = *std::move(started);
  }
};

class Client {
 public:
  explicit Client(const PostServer& server, const std::string& trusted = identity().certificate, const std::string& name = kName) {
    stream_.set_verify_mode(asio::ssl::verify_peer);  // not of the context: the stream is made by now
    context_.add_certificate_authority(asio::buffer(trusted));
    stream_.set_verify_callback(asio::ssl::host_name_verification(name));
    stream_.next_layer().connect({asio::ip::make_address("127.0.0.1"), server.port()});
  }
  boost::system::error_code shake() {
    boost::system::error_code error;
    stream_.handshake(asio::ssl::stream_base::client, error);
    return error;
  }
  std::string ask(const std::string& request) {
    std::string out;
    boost::system::error_code error;
    if (shake()) return "no handshake";
    asio::write(stream_, asio::buffer(request), error);
    asio::read(stream_, asio::dynamic_buffer(out), error);
    return out;
  }
  // Without TLS.
  std::string ask_plainly(const std::string& request) {
    std::string out;
    boost::system::error_code error;
    asio::write(stream_.next_layer(), asio::buffer(request), error);
    asio::read(stream_.next_layer(), asio::dynamic_buffer(out), error);
    return out;
  }

 private:
  asio::io_context io_{};
  asio::ssl::context context_{asio::ssl::context::tls_client};
  asio::ssl::stream<tcp::socket> stream_{io_, context_};
};

std::string post(const std::string& body, const std::string& headers = "Authorization: Bearer a.b.c\r\n") {
  return "POST /v1/progress/uid-1 HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

bool starts_with(const std::string& text, const std::string& head) { return text.rfind(head, 0) == 0; }

TEST(PostServer, HearsWhoKnowsItsCertificate) {
  Listener l;
  EXPECT_TRUE(starts_with(Client(*l.server).ask(post("{}")), "HTTP/1.1 204"));
  ASSERT_EQ(l.heard.size(), 1U);
  EXPECT_EQ(l.heard[0].target, "/v1/progress/uid-1");
  EXPECT_EQ(l.heard[0].token, "a.b.c");
  EXPECT_EQ(l.heard[0].body, "{}");
}

TEST(PostServer, PassesOnWhatTheHandlerSays) {
  Listener l;
  l.answer = {.status = 403, .body = "not yours\n"};
  const std::string answer = Client(*l.server).ask(post("{}", ""));
  EXPECT_TRUE(starts_with(answer, "HTTP/1.1 403")) << answer;
  EXPECT_TRUE(answer.ends_with("not yours\n")) << answer;
  EXPECT_EQ(l.heard[0].token, "");
}

TEST(PostServer, RefusesWhatIsOverItsBounds) {
  Listener l;
  EXPECT_TRUE(starts_with(Client(*l.server).ask(post(std::string(2048, 'x'))), "HTTP/1.1 204"));
  EXPECT_TRUE(starts_with(Client(*l.server).ask(post(std::string(2049, 'x'))), "HTTP/1.1 413"));
  EXPECT_TRUE(starts_with(Client(*l.server).ask(post("", "X: " + std::string(13000, 'x') + "\r\n")), "HTTP/1.1 431"));
  EXPECT_TRUE(starts_with(Client(*l.server).ask("GET /v1/progress/uid-1 HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 405"));
  EXPECT_TRUE(starts_with(Client(*l.server).ask("nonsense\r\n\r\n"), "HTTP/1.1 400"));
  const std::string chunked =
      "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n" + std::string(4095, 'x') + "\r\n0\r\n\r\n";
  EXPECT_TRUE(starts_with(Client(*l.server).ask(chunked), "HTTP/1.1 413"));
  EXPECT_EQ(l.heard.size(), 1U);
}

TEST(PostServer, SpeaksOnlyTls) {
  Listener l;
  EXPECT_FALSE(starts_with(Client(*l.server).ask_plainly(post("{}")), "HTTP"));
  EXPECT_TRUE(l.heard.empty());
}

TEST(PostServer, SurvivesAHandlerThatThrows) {
  Listener l;
  EXPECT_TRUE(starts_with(Client(*l.server).ask(post("bug")), "HTTP/1.1 500"));
  EXPECT_TRUE(starts_with(Client(*l.server).ask(post("{}")), "HTTP/1.1 204"));
}

TEST(PostServer, BoundsItsConnections) {
  Listener l(1);
  Client first(*l.server);
  EXPECT_FALSE(first.shake());
  EXPECT_TRUE(Client(*l.server).shake()) << "closed at once";
}

TEST(PostServer, StopsWithOpenConnections) {
  Listener l;
  Client open(*l.server), shaken(*l.server);
  EXPECT_FALSE(shaken.shake());
  l.server.reset();
  EXPECT_TRUE(open.shake());
}

TEST(PostServer, RefusesACertificateThatIsNone) {
  EXPECT_FALSE(PostServer::start({.address = "127.0.0.1", .port = 0}, {.certificate = "x", .key = "y"}, {}).has_value());
}

TEST(Certificate, IsTrustedByWhoHoldsItAndUnderItsName) {
  Listener l;
  EXPECT_FALSE(Client(*l.server).shake());
  EXPECT_TRUE(Client(*l.server, make_certificate(kName, kNow)->certificate).shake()) << "another of the same name";
  EXPECT_TRUE(Client(*l.server, identity().certificate, "millrace-reports.other.svc").shake());
}

TEST(Certificate, IsUsableWhileItFits) {
  EXPECT_TRUE(is_usable(identity(), kName, kNow));
  EXPECT_TRUE(is_usable(identity(), kName, kNow + std::chrono::hours(24 * 3600)));
  EXPECT_FALSE(is_usable(identity(), kName, kNow + std::chrono::hours(24 * 3640))) << "it ends within 30 days";
  EXPECT_FALSE(is_usable(identity(), "millrace-reports.other.svc", kNow));
  EXPECT_FALSE(is_usable({.certificate = identity().certificate, .key = make_certificate(kName, kNow)->key}, kName, kNow));
  EXPECT_FALSE(is_usable({}, kName, kNow));
}

TEST(Certificate, IsMadeForNamesAlone) {
  EXPECT_FALSE(make_certificate("", kNow).has_value());
  EXPECT_FALSE(make_certificate("a,DNS:b", kNow).has_value());
}

}  // namespace
}  // namespace millrace::endpoints
