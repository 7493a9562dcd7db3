// MLServer's queries, as Prometheus itself evaluates them: `promtool test rules` over series as the server writes them. Skipped where
// there is no promtool (Debian: package prometheus; MILLRACE_PROMTOOL names another place).
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "inference_service/analysis/query.h"
#include "inference_service/runtimes/mlserver/queries.h"

namespace millrace::inference_service {
namespace {

namespace fs = std::filesystem;

std::string quoted(const std::string& text) {  // of YAML, in single quotes
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

// Samples every 15 s from 0 on; looked at after 5 minutes, with a window of 2.
class Promtool {
 public:
  void series(const std::string& name, const std::string& labels, const std::string& values) {
    series_ += "  - series: " + quoted(name + "{namespace=\"team\"," + labels + "}") + "\n    values: " + quoted(values) + "\n";
  }
  void rest(const std::string& pod, const std::string& path, const std::string& code, const std::string& values) {
    series("rest_server_requests_total", labels_of(pod, path, code), values);
  }
  void wants(const std::string& query, const std::string& value) {
    wants_ += "  - expr: " + quoted(query) + "\n    eval_time: 5m\n    exp_samples: [" +
              (value.empty() ? "" : "{labels: '{}', value: " + value + "}") + "]\n";
  }
  static std::string labels_of(const std::string& pod, const std::string& path, const std::string& code) {
    return "pod=\"" + pod + "\",method=\"POST\",path=\"/v2/models/{model_name}/" + path + "\",status_code=\"" + code + "\"";
  }
  // What promtool complains of; empty: nothing.
  std::string run() const {
    const fs::path folder = fs::temp_directory_path() / ("millrace-promql-" + std::to_string(::getpid()));
    fs::create_directories(folder);
    std::ofstream(folder / "test.yaml") << "evaluation_interval: 15s\ntests:\n- interval: 15s\n  input_series:\n"
                                        << series_ << "  promql_expr_test:\n"
                                        << wants_;
    const std::string command = program() + " test rules " + (folder / "test.yaml").string() + " > " + (folder / "said").string() + " 2>&1";
    const bool good = std::system(command.c_str()) == 0;
    std::ifstream in(folder / "said");
    const std::string said{std::istreambuf_iterator<char>(in), {}};
    fs::remove_all(folder);
    return good ? "" : said;
  }
  static std::string program() {
    const char* named = std::getenv("MILLRACE_PROMTOOL");
    return named ? named : "promtool";
  }

 private:
  std::string series_{}, wants_{};
};

const std::string kPods = pods_of("team", "churn", "bbb"), kPod = "churn-bbb-5d9c7f-abcde";

class Promql : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system((Promtool::program() + " --version > /dev/null 2>&1").c_str()) != 0)
      GTEST_SKIP() << "there is no promtool: install Debian's package prometheus, or set MILLRACE_PROMTOOL";
  }
};

TEST_F(Promql, CountersGrowByTheirDifferenceAndNewOnesCountInFull) {
  Promtool t;
  t.rest(kPod, "infer", "200", "0+10x20");                                    // 80 in the window
  t.rest(kPod, "infer", "500", "_ _ _ _ _ _ _ _ _ _ _ _ _ _ 1 3 3 3 3 3 3");  // began in the window: 3
  t.rest(kPod, "infer", "422", "5x20");                                       // did not grow
  t.rest("churn-bbb-5d9c7f-reset", "infer", "200", "100 110 120 130 140 150 160 170 180 190 200 210 220 0 10 20 30 40 50 60 70");  // 70
  t.rest("churn-bbb-5d9c7f-young", "generate", "200", "_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ 4 8 12 16 20 24");  // a new pod: 24
  t.rest(kPod, "ready", "200", "0+100x20");                                                              // probes
  t.rest("churn-aaa-5d9c7f-abcde", "infer", "200", "0+1000x20");                                         // stable
  t.rest("churn-bbb-other-5d9c7f-abcde", "infer", "200", "0+1000x20");                                   // another Deployment
  t.wants(mlserver_requests(kPods, "120s"), "177");
  t.wants(mlserver_errors(kPods, "120s"), "3");
  EXPECT_EQ(t.run(), "");
}

TEST_F(Promql, PodsThatAreGoneAreNotForgotten) {
  Promtool t;
  t.rest(kPod, "infer", "200", "0+10x20");
  t.rest("churn-bbb-5d9c7f-going", "infer", "200", "0+10x15 stale");
  t.rest("churn-bbb-5d9c7f-early", "infer", "200", "0+10x5 stale");
  // 80, and of the one that went within the window about the 30 by which it grew there.
  t.wants("floor(" + mlserver_requests(kPods, "120s") + " / 10)", "11");
  EXPECT_EQ(t.run(), "");
}

TEST_F(Promql, ASourceThatWasAwayWhenTheWindowBeganDoesNotCountWhatWasLongBefore) {
  Promtool t;
  t.rest(kPod, "infer", "200", "1000+10x3 _x14 1180+10x3");
  t.wants(mlserver_requests(kPods, "120s"), "170");
  EXPECT_EQ(t.run(), "");
}

TEST_F(Promql, OverGrpcWhatDidNotEndWellIsAnError) {
  Promtool t;
  const std::string infer = "pod=\"" + kPod + "\",grpc_method=\"ModelInfer\",grpc_service=\"inference.GRPCInferenceService\"";
  const std::string ready = "pod=\"" + kPod + "\",grpc_method=\"ModelReady\",grpc_service=\"inference.GRPCInferenceService\"";
  t.series("grpc_server_handling_seconds_count", infer, "0+10x20");
  t.series("grpc_server_handled_total", infer + ",grpc_code=\"OK\"", "0+7x20");
  t.series("grpc_server_handling_seconds_count", ready, "0+50x20");
  t.series("grpc_server_handled_total", ready + ",grpc_code=\"OK\"", "0+50x20");
  t.rest(kPod, "infer", "200", "0+5x20");
  t.rest(kPod, "infer", "500", "0+1x20");
  t.wants(mlserver_requests(kPods, "120s"), "128");
  t.wants(mlserver_errors(kPods, "120s"), "32");
  EXPECT_EQ(t.run(), "");
}

TEST_F(Promql, WithoutSeriesThereIsNoData) {
  Promtool t;
  t.rest(kPod, "ready", "200", "0+100x20");
  t.wants(mlserver_requests(kPods, "120s"), "");
  t.wants(mlserver_errors(kPods, "120s"), "");
  t.wants(mlserver_within(0.25, kPods, "120s"), "");
  EXPECT_EQ(t.run(), "");
}

TEST_F(Promql, BucketsAreOfBothProtocols) {
  Promtool t;
  const auto buckets = [&](const std::string& name, const std::string& labels, const std::string& at_100ms, const std::string& all) {
    for (const auto& [le, values] : {std::pair{"0.1", at_100ms}, {"1.0", all}, {"+Inf", all}})
      t.series(name, labels + ",le=\"" + le + "\"", values);
  };
  buckets("rest_server_request_duration_seconds_bucket", Promtool::labels_of(kPod, "infer", "200"), "0+8x20", "0+10x20");
  buckets("rest_server_request_duration_seconds_bucket", Promtool::labels_of(kPod, "ready", "200"), "0+90x20", "0+90x20");
  buckets("grpc_server_handling_seconds_bucket", "pod=\"" + kPod + "\",grpc_method=\"ModelInfer\"", "0+2x20", "0+10x20");
  t.wants(mlserver_within(0.1, kPods, "120s"), "80");
  t.wants(mlserver_within(1, kPods, "120s"), "160");
  EXPECT_EQ(t.run(), "");
}

}  // namespace
}  // namespace millrace::inference_service
