// What calls leave in the metrics.
#include <atomic>

#include "wire/kube_client/fixture.h"

namespace millrace::kube {
namespace {

class CallMetrics : public ByBackend {};
INSTANTIATE_TEST_SUITE_P(By, CallMetrics, both_backends(), backend_name);

std::string answer_of(const std::string& flow_schema) {
  return "X-Kubernetes-PF-FlowSchema-UID: " + flow_schema + "\r\nX-Kubernetes-PF-PriorityLevel-UID: level\r\n";
}

TEST_P(CallMetrics, TellWhichFlowSchemaAnswered) {
  std::atomic<int> asked{0};
  const auto server = serve([&](Peer& peer) {
    while (peer.read()) {
      const int now = ++asked;
      peer.answer(now == 2 ? 429 : 200, "{}", answer_of(now == 3 ? "b" : "a"));
    }
  });
  Client client(*server);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client.get().has_value());
  const auto times = [&](const char* schema) { return client.meters.flow_schemas.with({schema, "level"}).value(); };
  EXPECT_EQ(times("a"), 2) << "refusals too: they are what one looks for";
  EXPECT_EQ(times("b"), 1);
}

TEST_P(CallMetrics, TellFewFlowSchemasWhateverTheServerSays) {
  std::atomic<int> asked{0};
  const auto server = serve([&](Peer& peer) {
    while (peer.read()) peer.answer(200, "{}", answer_of("schema-" + std::to_string(++asked)));
  });
  Client client(*server);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(client.get().has_value());
  EXPECT_EQ(client.meters.flow_schemas.with({"schema-16", "level"}).value(), 1);
  EXPECT_EQ(client.meters.flow_schemas.with({"other", "level"}).value(), 4);
}

TEST_P(CallMetrics, AServerWithoutFairnessHasNoFlowSchema) {
  const auto server = serve([](Peer& peer) {
    peer.read();
    peer.answer(200, "{}");
  });
  Client client(*server);
  EXPECT_TRUE(client.get().has_value());
  EXPECT_EQ(client.meters.text().find("millrace_flow_schema_responses_total{"), std::string::npos);
}

TEST_P(CallMetrics, CountBodiesAndAnswers) {
  const auto server = serve([](Peer& peer) {
    peer.read();
    peer.answer(201, std::string(600, 'x'));
  });
  Client client(*server);
  const auto answer = client.transport.send({.method = "POST", .path = "/x", .body = "{}", .content_type = "application/json"}, {});
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  const std::string text = client.meters.text();
  const auto has = [&](const std::string& line) { return text.find("\n" + line + "\n") != std::string::npos; };
  const std::string host = "host=\"" + server->url().substr(std::string("https://").size()) + "\"";
  EXPECT_TRUE(has("rest_client_requests_total{code=\"201\"," + host + ",method=\"POST\"} 1")) << text;
  EXPECT_TRUE(has("rest_client_request_size_bytes_bucket{" + host + ",verb=\"POST\",le=\"64\"} 1")) << text;
  EXPECT_TRUE(has("rest_client_response_size_bytes_bucket{" + host + ",verb=\"POST\",le=\"512\"} 0")) << text;
  EXPECT_TRUE(has("rest_client_response_size_bytes_bucket{" + host + ",verb=\"POST\",le=\"1024\"} 1")) << text;
  EXPECT_TRUE(has("rest_client_request_duration_seconds_count{" + host + ",verb=\"POST\"} 1")) << text;
}

}  // namespace
}  // namespace millrace::kube
