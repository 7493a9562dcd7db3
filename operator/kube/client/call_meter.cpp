#include "kube/client/call_meter.h"

namespace millrace::kube {
namespace {

constexpr const char* kUnauthorized = "401";

std::string authority_of(const std::string& server) {
  const auto scheme = server.find("://");
  const auto start = scheme == std::string::npos ? 0 : scheme + 3;
  return server.substr(start, server.find('/', start) - start);
}

}  // namespace

CallMeter::CallMeter(telemetry::Meters& meters, const std::string& server) : meters_(&meters), host_(authority_of(server)) {}

void CallMeter::over(const Request& request, int code, Clock::time_point began) const {
  meters_->rest_requests.with({code == 0 ? "<error>" : std::to_string(code), request.method, host_}).add();
  meters_->rest_seconds.with({request.method, host_}).observe(std::chrono::duration<double>(Clock::now() - began).count());
}

void CallMeter::fairness(const std::string& schema, const std::string& level) const {
  if (schema.empty()) return;  // nobody's fairness stands before this server
  meters_->flow_schemas.with({meters_->flow_schema_uids.of(schema), meters_->priority_level_uids.of(level)}).add();
}

void CallMeter::sized(const Request& request, const Response& response) const {
  meters_->rest_request_bytes.with({request.method, host_}).observe(static_cast<double>(request.body.size()));
  meters_->rest_response_bytes.with({request.method, host_}).observe(static_cast<double>(response.body.size()));
}

void CallMeter::renewed(const Request& request) const { meters_->rest_retries.with({kUnauthorized, request.method, host_}).add(); }

}  // namespace millrace::kube
