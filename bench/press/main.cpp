// press: sends requests over so many kept connections, as fast as they are answered, and prints what came of it as one line of JSON.
// Its input is a file of lines {"method", "path", "body", "contentType"}. Calls that fail or are answered with 400 and more are counted,
// and the first of them is told.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <mutex>
#include <thread>
#include <vector>

#include "json/value.h"
#include "kube/client/rest_transport.h"

namespace {

using namespace millrace;
using Clock = std::chrono::steady_clock;

struct Outcome {
  std::mutex mutex{};
  std::vector<double> milliseconds{};
  int failed = 0;
  std::string first{};
};

core::Result<std::vector<kube::Request>> requests_of(const std::string& file) {
  std::ifstream in(file);
  if (!in) return core::Error{core::ErrorCode::Invalid, "cannot read " + file};
  std::vector<kube::Request> out;
  for (std::string line; std::getline(in, line);) {
    MILLRACE_TRY(one, json::parse(line));
    out.push_back({.method = one.text_at({"method"}), .path = one.text_at({"path"}), .content_type = one.text_at({"contentType"})});
    if (const auto* body = one.at({"body"})) out.back().body = json::dump(*body);
  }
  return out;
}

void send_all(kube::Transport& transport, const std::vector<kube::Request>& requests, std::atomic<std::size_t>& next, Outcome& outcome) {
  for (std::size_t i = next++; i < requests.size(); i = next++) {
    const auto began = Clock::now();
    const auto answer = transport.send(requests[i], {});
    const double took = std::chrono::duration<double, std::milli>(Clock::now() - began).count();
    const std::lock_guard lock(outcome.mutex);
    outcome.milliseconds.push_back(took);
    if (answer && answer->status < 400) continue;
    if (outcome.failed++ == 0) outcome.first = requests[i].path + ": " + (answer ? answer->body : answer.error().message);
  }
}

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double quantile(std::vector<double> all, double part) {
  if (all.empty()) return 0;
  const auto at = all.begin() + static_cast<std::ptrdiff_t>(static_cast<double>(all.size() - 1) * part);
  std::nth_element(all.begin(), at, all.end());
  return *at;
}

int press(const std::string& kubeconfig, const std::string& file, int connections) {
  const auto identity = kube::from_kubeconfig({kubeconfig}, "");
  const auto requests = requests_of(file);
  for (const auto* error : {identity ? nullptr : &identity.error(), requests ? nullptr : &requests.error()}) {
    if (error == nullptr) continue;
    std::fprintf(stderr, "press: %s\n", error->message.c_str());
    return 1;
  }
  telemetry::Meters meters;
  kube::RestTransport transport(*identity, kube::tokens_of(*identity), meters);
  Outcome outcome;
  std::atomic<std::size_t> next{0};
  const auto began = Clock::now();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < connections; ++i) threads.emplace_back([&] { send_all(transport, *requests, next, outcome); });
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  std::printf("{\"requests\":%zu,\"failed\":%d,\"seconds\":%.3f,\"p50_ms\":%.1f,\"p99_ms\":%.1f,\"cpu_seconds\":%.3f}\n", requests->size(),
              outcome.failed, seconds, quantile(outcome.milliseconds, 0.5), quantile(outcome.milliseconds, 0.99), cpu_seconds());
  if (outcome.failed > 0)
    std::fprintf(stderr, "press: %d of %zu failed; the first: %s\n", outcome.failed, requests->size(), outcome.first.c_str());
  return outcome.failed > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Sends a file of requests to an API server over so many connections"};
  std::string kubeconfig, file;
  int connections = 16;
  app.add_option("--kubeconfig", kubeconfig)->required();
  app.add_option("--connections", connections)->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("file", file, "Lines {\"method\", \"path\", \"body\", \"contentType\"}")->required();
  CLI11_PARSE(app, argc, argv);
  return press(kubeconfig, file, connections);
}
