// The conformance table against a real API server: `KUBECONFIG=… conformance_real [part of a row's name]`.
// Makes a namespace per row, deletes them at the end, and installs the CRD of the toy kind. Exit code: 1 when a row does not hold.
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "core/hash.h"
#include "core/text.h"
#include "kube/client/rest_transport.h"
#include "support/conformance/rows.h"
#include "telemetry/meters.h"

namespace millrace::conformance {
namespace {

class RealServer : public Server {
 public:
  RealServer(const kube::Identity& identity, telemetry::Meters& meters) : transport_(identity, kube::tokens_of(identity), meters) {}

  kube::Response send(const kube::Request& request) override {
    auto response = transport_.send(request, {});
    return response ? std::move(*response) : kube::Response{.status = 0, .body = response.error().message};
  }
  // A watch that says nothing for three seconds has said all.
  std::vector<std::string> watch(const kube::Request& request, std::size_t lines) override {
    std::vector<std::string> out;
    const auto sink = [&](std::string_view line) {
      out.emplace_back(line);
      return out.size() < lines;
    };
    const auto how = transport_.stream(request, std::chrono::seconds(3), {}, sink);
    if (!how && out.empty()) out.push_back(how.error().message);
    return out;
  }
  void settle() override { std::this_thread::sleep_for(std::chrono::milliseconds(200)); }

 private:
  kube::RestTransport transport_;
};

bool install_toy(Server& server) {
  const auto made = server.send(post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", widget_crd()).request);
  if (made.status != 201 && made.status != 409) {
    std::printf("the CRD of the toy kind is refused: %s\n", made.body.c_str());
    return false;
  }
  for (int i = 0; i < 100; ++i) {
    if (server.send(get("/apis/toy.millrace.dev/v1/widgets").request).status == 200) return true;
    server.settle();
  }
  return false;
}

// A server that began a moment ago still tells a watch all that happened since its first version: no version is expired yet.
bool has_forgotten(Server& server) {
  const auto lines = server.watch({.path = "/api/v1/namespaces/kube-system/configmaps?watch=true&resourceVersion=1"}, 1);
  return !lines.empty() && lines.front().find("\"ERROR\"") != std::string::npos;
}

int run_table(Server& server, const std::string& only) {
  const bool young = !has_forgotten(server);
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const std::string stamp = core::sha256_hex(std::to_string(since.count())).substr(0, 8);
  int rows = 0, failed = 0;
  for (const auto& row : all_rows()) {
    if (row.name.find(only) == std::string::npos) continue;
    if (young && row.name == "WatchFromAForgottenVersionIsExpired") {
      std::printf("skipped %s: this server is so young that it has forgotten nothing\n", row.name.c_str());
      continue;
    }
    if (!row.needs.empty() && server.send(get(row.needs).request).status == 404) {
      std::printf("skipped %s: this server has no %s\n", row.name.c_str(), row.needs.c_str());
      continue;
    }
    const std::string ns = "conformance-" + stamp + "-" + std::to_string(++rows);
    const json::Object space{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", json::Object{{"name", ns}}}};
    server.send(post("/api/v1/namespaces", space).request);
    const auto wrong = run(row, server, ns);
    server.send(remove("/api/v1/namespaces/" + ns).request);
    if (wrong.empty()) continue;
    ++failed;
    std::printf("FAILED %s\n  %s\n", row.name.c_str(), core::join(wrong, "\n  ").c_str());
  }
  std::printf("%d rows, %d failed\n", rows, failed);
  return failed == 0 ? 0 : 1;
}

int run_real(const std::string& only) {
  const auto identity = kube::find_identity({}, kube::process_environment());
  if (!identity) {
    std::printf("%s\n", identity.error().message.c_str());
    return 1;
  }
  telemetry::Meters meters;
  RealServer server(*identity, meters);
  return install_toy(server) ? run_table(server, only) : 1;
}

}  // namespace
}  // namespace millrace::conformance

// What OpenSSL and cpprestsdk keep until the process ends is no finding of this table.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

int main(int argc, char** argv) { return millrace::conformance::run_real(argc > 1 ? argv[1] : ""); }
