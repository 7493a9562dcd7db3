#include "metrics_source/client.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <optional>
#include <thread>

#include "metrics_source/exchange.h"

namespace millrace::metrics_source {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

}  // namespace

struct Client::Lane {
  explicit Lane(Source source) : shared{.source = std::move(source), .context = context} {}
  ~Lane() { stop(); }

  core::Result<void> trust() {
    if (!shared.source.tls) return {};
    tls.emplace(asio::ssl::context::tls_client);
    tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    tls->set_verify_mode(asio::ssl::verify_peer);
    const std::string& file = shared.source.ca_file;
    error_code error;
    if (file.empty()) {
      tls->set_default_verify_paths(error);
    } else {
      tls->load_verify_file(file, error);
    }
    shared.tls = &*tls;
    if (!error) return {};
    return core::Error{core::ErrorCode::Invalid, "--metrics-source " + shared.source.name + ": ca-file \"" + file +
                                                     "\" must be a file with PEM certificates: " + error.message()};
  }
  void begin() {
    thread = std::thread([this] { context.run(); });
  }
  void stop() {
    context.stop();
    if (thread.joinable()) thread.join();
  }

  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::optional<asio::ssl::context> tls{};
  Shared shared;
  std::thread thread{};
};

Client::Client() = default;
Client::~Client() { stop(); }

core::Result<std::unique_ptr<Client>> Client::start(const std::vector<Source>& sources) {
  std::unique_ptr<Client> out(new Client());
  out->nobody_ = std::make_unique<Lane>(Source{});
  for (const Source& source : sources) {
    out->lanes_.push_back(std::make_unique<Lane>(source));
    if (const auto trusts = out->lanes_.back()->trust(); !trusts) return trusts.error();
  }
  for (const auto& lane : out->lanes_) lane->begin();
  out->nobody_->begin();
  return out;
}

void Client::ask(Query query, Done done) {
  for (const auto& lane : lanes_) {
    if (lane->shared.source.name != query.source) continue;
    asio::post(lane->context, [&shared = lane->shared, query = std::move(query), done = std::move(done)]() mutable {
      std::make_shared<Exchange>(shared, std::move(query), std::move(done))->run();
    });
    return;
  }
  const std::string why = "no metrics source is named \"" + query.source + "\"";
  asio::post(nobody_->context, [why, done = std::move(done)] { done(core::Error{core::ErrorCode::Unavailable, why}); });
}

void Client::stop() {
  for (const auto& lane : lanes_) lane->stop();
  nobody_->stop();
}

}  // namespace millrace::metrics_source
