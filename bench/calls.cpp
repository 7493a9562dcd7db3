// CPU of a call over TLS, all threads of the client together: a status of 2 KiB is sent, the object comes back.
#include "calls.h"

#include <benchmark/benchmark.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

#include "core/check.h"
#include "kube/client/rest_transport.h"
#include "support/wire/certificates.h"
#include "support/wire/tls_server.h"

namespace millrace::bench {
namespace {

constexpr std::size_t kBody = 2048;

Served& the_server() {
  static Served server;
  return server;
}

[[noreturn]] void serve(int tell, const support::Authority& authority) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const std::string body(kBody, 'x');
  const support::TlsServer server({.identity = authority.issue()}, [&](support::Peer& peer) {
    while (peer.read()) peer.answer(200, body);
  });
  const std::string url = server.url();
  MILLRACE_CHECK(write(tell, url.data(), url.size()) == static_cast<ssize_t>(url.size()));
  close(tell);
  for (;;) pause();
}

void call(benchmark::State& state, kube::Backend backend) {
  telemetry::Meters meters;
  const kube::Identity identity{.server = served().url, .ca = {.data = served().ca}, .token = "secret"};
  kube::RestTransport transport(identity, kube::tokens_of(identity), meters, backend);
  const kube::Request request{.method = "PUT", .path = "/x", .body = std::string(kBody, 'y'), .content_type = "application/json"};
  for (auto _ : state) {
    const auto answer = transport.send(request, {});
    if (!answer || answer->status != 200) return state.SkipWithError("the call failed");
  }
}
BENCHMARK_CAPTURE(call, beast, kube::Backend::Beast)->Name("call/beast")->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK_CAPTURE(call, cpprest, kube::Backend::Cpprest)->Name("call/cpprest")->MeasureProcessCPUTime()->UseRealTime();

}  // namespace

void start_server() {
  const support::Authority authority("bench");
  int ends[2];
  MILLRACE_CHECK(pipe(ends) == 0);
  if (fork() == 0) {
    close(ends[0]);
    serve(ends[1], authority);
  }
  close(ends[1]);
  the_server().ca = authority.pem();
  char some[128];
  for (ssize_t n = 0; (n = read(ends[0], some, sizeof some)) > 0;) the_server().url.append(some, static_cast<std::size_t>(n));
  close(ends[0]);
}

const Served& served() { return the_server(); }

}  // namespace millrace::bench
