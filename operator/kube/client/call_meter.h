// CallMeter: counts the calls to one API server, by the names of client-go (rest_client_*).
// Thread contract: plain value; its functions from any thread.
#pragma once

#include <chrono>
#include <string>

#include "kube/client/transport.h"
#include "telemetry/meters.h"

namespace millrace::kube {

class CallMeter {
 public:
  using Clock = std::chrono::steady_clock;
  CallMeter(telemetry::Meters& meters, const std::string& server);

  // `code`: 0 when no answer came.
  void over(const Request& request, int code, Clock::time_point began) const;
  void fairness(const std::string& schema, const std::string& level) const;  // the uids of an answer's headers; "": none
  void sized(const Request& request, const Response& response) const;        // of calls, not of streams
  void renewed(const Request& request) const;                                // it is made again with another token

 private:
  telemetry::Meters* meters_;
  std::string host_;
};

inline constexpr const char* kFlowSchema = "X-Kubernetes-PF-FlowSchema-UID";
inline constexpr const char* kPriorityLevel = "X-Kubernetes-PF-PriorityLevel-UID";

}  // namespace millrace::kube
