// The conformance table against the simulated API server.
#include <gtest/gtest.h>

#include "core/text.h"
#include "support/api_server/api_server.h"
#include "support/conformance/rows.h"

namespace millrace::conformance {
namespace {

class SimulatedServer : public Server {
 public:
  SimulatedServer() {
    api_.handle(
        {.method = "POST", .path = "/api/v1/namespaces", .body = R"({"metadata":{"name":"row"}})", .content_type = "application/json"},
        now());
    api_.compact();
  }
  kube::Response send(const kube::Request& request) override { return api_.handle(request, now(), "conformance"); }
  std::vector<std::string> watch(const kube::Request& request, std::size_t lines) override {
    std::vector<std::string> out;
    const auto opened = api_.open_watch(request);
    const auto* id = std::get_if<sim::ApiServer::WatchId>(&opened);
    while (id != nullptr && out.size() < lines && api_.has_line(*id)) out.push_back(*api_.next_line(*id));
    return out;
  }
  void settle() override { api_.collect_garbage(now()); }

 private:
  core::Instant now() { return core::Instant{} + std::chrono::seconds(++seconds_); }
  std::int64_t seconds_ = 1'700'000'000;
  sim::ApiServer api_{};
};

class Conformance : public testing::TestWithParam<Row> {};

TEST_P(Conformance, HoldsOnTheSimulatedServer) {
  SimulatedServer server;
  EXPECT_EQ(core::join(run(GetParam(), server, "row"), "\n"), "");
}

INSTANTIATE_TEST_SUITE_P(Table, Conformance, testing::ValuesIn(all_rows()), [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace millrace::conformance
