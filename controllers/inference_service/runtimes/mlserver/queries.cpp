#include "inference_service/runtimes/mlserver/queries.h"

#include <charconv>

namespace millrace::inference_service {
namespace {

constexpr std::string_view kInference = R"(path=~"(.*/(infer|generate)(_stream)?)?",grpc_method=~"(ModelInfer)?")";

std::string braced(std::string_view labels, std::string_view pods) { return "{" + std::string(labels) + "," + std::string(pods) + "}"; }

// Series of both protocols at once: a label that a series lacks matches the empty text.
std::string both(std::string_view rest, std::string_view grpc, std::string_view more, std::string_view pods) {
  const std::string names = "__name__=~\"" + std::string(rest) + "|" + std::string(grpc) + "\"";
  return braced(names + "," + std::string(kInference) + std::string(more), pods);
}

// By how much each counter grew in the window.
std::string grown(const std::string& series, std::string_view window) {
  const std::string w(window);
  return "(" + series + " - last_over_time(" + series + "[15m] offset " + w + ") >= 0) or " + series + " or increase(" + series + "[" + w +
         "])";
}

// A whole number is written "1.0" by the server, and "1" by some that store it.
std::string bound_text(double bound) {
  char buffer[32];
  std::string out{buffer, std::to_chars(buffer, buffer + sizeof buffer, bound).ptr};
  return out.find('.') == std::string::npos ? out + "|" + out + ".0" : out;
}

constexpr std::string_view kRest = "rest_server_requests_total", kGrpc = "grpc_server_handling_seconds_count";

}  // namespace

std::string mlserver_requests(std::string_view pods, std::string_view window) {
  return "sum(" + grown(both(kRest, kGrpc, "", pods), window) + ")";
}

std::string mlserver_errors(std::string_view pods, std::string_view window) {
  const std::string bad = both(kRest, kGrpc, ",status_code=~\"(5..)?\"", pods);
  const std::string good = "grpc_server_handled_total" + braced(R"(grpc_method="ModelInfer",grpc_code="OK")", pods);
  return "sum(" + grown(bad, window) + ") - (sum(" + grown(good, window) + ") or vector(0))";
}

std::string mlserver_within(double bound, std::string_view pods, std::string_view window) {
  const std::string buckets = both("rest_server_request_duration_seconds_bucket", "grpc_server_handling_seconds_bucket",
                                   ",le=~\"" + bound_text(bound) + "\"", pods);
  return "sum(" + grown(buckets, window) + ")";
}

}  // namespace millrace::inference_service
