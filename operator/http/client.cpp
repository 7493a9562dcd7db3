#include "http/client.h"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/string.hpp>
#include <thread>

#include "http/transfer.h"

namespace millrace::http {

std::string Head::header(std::string_view name) const {
  std::string out;
  for (const auto& [key, value] : headers) {
    if (boost::beast::iequals(key, {name.data(), name.size()})) out += (out.empty() ? "" : ", ") + value;
  }
  return out;
}

std::string bracketed(const std::string& host) { return host.find(':') == std::string::npos ? host : "[" + host + "]"; }
std::string authority(const std::string& host, const std::string& port) { return bracketed(host) + ":" + port; }

struct Client::Impl {
  Impl(Server server, Secure secure)
      : shared{.context = context, .server = std::move(server), .secure = std::move(secure)}, thread([this] { context.run(); }) {}
  ~Impl() { stop(); }
  void stop() {
    context.stop();
    if (thread.joinable()) thread.join();
    shared.pool.clear();
  }

  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
  Shared shared;
  std::thread thread;
};

Client::Client(Server server, Secure secure) : impl_(std::make_unique<Impl>(std::move(server), std::move(secure))) {}
Client::~Client() = default;

std::shared_ptr<Call> Client::begin(Request request, std::shared_ptr<Listener> listener) {
  auto transfer = std::make_shared<Transfer>(impl_->shared, std::move(request), std::move(listener));
  boost::asio::dispatch(impl_->context, [transfer] { transfer->run(); });
  return transfer;
}

void Client::stop() { impl_->stop(); }

void Client::later(std::function<void()> what) { boost::asio::post(impl_->context, std::move(what)); }

}  // namespace millrace::http
