#include "metrics_source/client.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "core/text.h"
#include "http/client.h"

namespace millrace::metrics_source {
namespace {

using core::ErrorCode;

constexpr std::size_t kLargestBody = std::size_t{1} << 20;

core::Error unreachable(const std::string& why) {
  return {.code = ErrorCode::Unavailable, .message = "the metrics source cannot be reached: " + why};
}

// The file's words without white space at their ends; nothing that could end the header.
std::optional<std::string> token_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  std::string out{std::istreambuf_iterator<char>(in), {}};
  while (!out.empty() && static_cast<unsigned char>(out.back()) <= ' ') out.pop_back();
  const bool clean = std::all_of(out.begin(), out.end(), [](char c) { return c > ' ' && c < 0x7f; });
  return out.empty() || !clean ? std::nullopt : std::optional(out);
}

// Whom the file names, or the system's authorities.
core::Result<void> trust(ssl_ctx_st* context, const std::string& file) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  const int loaded =
      file.empty() ? SSL_CTX_set_default_verify_paths(context) : SSL_CTX_load_verify_locations(context, file.c_str(), nullptr);
  if (loaded == 1) return {};
  return core::Error{ErrorCode::Invalid, "ca-file \"" + file + "\" must be a file with PEM certificates"};
}

// Takes the whole answer, as far as it is allowed to be long.
class Taker final : public http::Listener {
 public:
  explicit Taker(Done done) : done_(std::move(done)) {}

  void head(http::Head head) override { reply_.status = head.status; }
  http::Appetite bytes(std::string_view some) override {
    if (reply_.body.size() + some.size() > kLargestBody) {
      finish(core::Error{ErrorCode::TooLarge, "the answer is larger than 1 MiB"});
      return http::Appetite::Enough;
    }
    reply_.body.append(some);
    return http::Appetite::More;
  }
  void ended(std::optional<core::Error> error) override {
    if (!error) return finish(std::move(reply_));
    finish(error->message.starts_with("no answer within") ? *error : unreachable(error->message));
  }

 private:
  void finish(core::Result<Reply> result) {
    if (const Done done = std::exchange(done_, nullptr)) done(std::move(result));
  }

  Done done_;
  Reply reply_{};
};

}  // namespace

struct Client::Lane {
  explicit Lane(const Source& of)
      : source(of), client({.host = of.host, .port = of.port, .tls = of.tls}, [file = of.ca_file](ssl_ctx_st* context) {
          return trust(context, file);
        }) {}

  // On the lane's thread: it reads a file.
  void put(const Query& query, Done done) {
    http::Request request{.target = target(source, query.path_and_query, query.ns),
                          .headers = {{"Host", authority(source)}, {"User-Agent", "millrace"}, {"Accept", "application/json"}},
                          .deadline = query.deadline};
    if (source.tenancy == Tenancy::Header) request.headers.emplace_back("X-Scope-OrgID", query.ns);
    if (!source.token_file.empty()) {
      const auto token = token_of(source.token_file);
      if (!token) return done(core::Error{ErrorCode::Unavailable, "token-file " + source.token_file + " holds no token"});
      request.headers.emplace_back("Authorization", "Bearer " + *token);
    }
    client.begin(std::move(request), std::make_shared<Taker>(std::move(done)));
  }

  const Source source;
  http::Client client;
};

Client::Client() = default;
Client::~Client() = default;

core::Result<std::unique_ptr<Client>> Client::start(const std::vector<Source>& sources) {
  std::unique_ptr<Client> out(new Client());
  out->nobody_ = std::make_unique<Lane>(Source{});
  for (const Source& source : sources) {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> probe(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    const auto trusted = source.tls ? trust(probe.get(), source.ca_file) : core::Result<void>{};
    if (!trusted) return core::Error{ErrorCode::Invalid, "--metrics-source " + source.name + ": " + trusted.error().message};
    out->lanes_.push_back(std::make_unique<Lane>(source));
  }
  return out;
}

void Client::ask(Query query, Done done) {
  const auto lane = std::find_if(lanes_.begin(), lanes_.end(), [&](const auto& l) { return l->source.name == query.source; });
  if (lane == lanes_.end()) {
    const std::string why = "no metrics source is named \"" + query.source + "\"";
    return nobody_->client.later([why, done = std::move(done)] { done(core::Error{ErrorCode::Unavailable, why}); });
  }
  (*lane)->client.later([&at = **lane, query = std::move(query), done = std::move(done)]() mutable { at.put(query, std::move(done)); });
}

void Client::stop() {
  for (const auto& lane : lanes_) lane->client.stop();
  nobody_->client.stop();
}

}  // namespace millrace::metrics_source
