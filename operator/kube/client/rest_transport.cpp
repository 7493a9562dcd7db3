#include "kube/client/rest_transport.h"

#include <future>
#include <utility>

#include "kube/client/beast_courier.h"
#include "kube/client/cpprest_transport.h"
#include "kube/client/exec_plugin.h"
#include "kube/client/threads_courier.h"

namespace millrace::kube {

std::shared_ptr<TokenSource> tokens_of(const Identity& identity) {
  if (!identity.exec) return std::make_shared<TokenSource>(identity.token, identity.token_file);
  const auto plugin = [exec = *identity.exec]() -> core::Result<FreshToken> {
    MILLRACE_TRY(credential, run(exec));
    FreshToken out{.token = std::move(credential.token)};
    if (credential.expires) out.life = std::chrono::floor<core::Duration>(*credential.expires - std::chrono::system_clock::now());
    return out;
  };
  return std::make_shared<TokenSource>("", "", plugin);
}

RestTransport::RestTransport(const Identity& identity, std::shared_ptr<TokenSource> tokens, telemetry::Meters& meters, Backend backend) {
  if (backend == Backend::Beast) {
    courier_ = std::make_unique<BeastCourier>(identity, std::move(tokens), meters);
  } else {
    transport_ = std::make_unique<CpprestTransport>(identity, std::move(tokens), meters);
  }
}

RestTransport::~RestTransport() = default;

core::Result<Response> RestTransport::send(const Request& request, std::stop_token stop) {
  if (transport_) return transport_->send(request, std::move(stop));
  const auto answer = std::make_shared<std::promise<core::Result<Response>>>();  // it is still being kept when we have got it
  courier_->send([&] { return request; }, std::move(stop), [answer](core::Result<Response> come) { answer->set_value(std::move(come)); });
  return answer->get_future().get();
}

core::Result<void> RestTransport::stream(const Request& request, core::Duration idle, std::stop_token stop, const LineSink& sink) {
  if (transport_) return transport_->stream(request, idle, std::move(stop), sink);
  const auto end = std::make_shared<std::promise<core::Result<void>>>();
  courier_->stream(request, idle, std::move(stop), sink, [end](core::Result<void> how) { end->set_value(std::move(how)); });
  return end->get_future().get();
}

std::unique_ptr<Courier> courier_of(const Identity& identity, std::shared_ptr<TokenSource> tokens, telemetry::Meters& meters,
                                    Backend backend, std::size_t calls) {
  if (backend == Backend::Beast) return std::make_unique<BeastCourier>(identity, std::move(tokens), meters);
  return std::make_unique<ThreadsCourier>(std::make_shared<CpprestTransport>(identity, std::move(tokens), meters), calls);
}

}  // namespace millrace::kube
