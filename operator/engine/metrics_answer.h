// What a metrics source answered to an instant query: one number, or why there is none. Pure.
// Source: Prometheus HTTP API, https://prometheus.io/docs/prometheus/latest/querying/api/ (format of query results).
#pragma once

#include <string>

#include "core/result.h"
#include "core/time.h"
#include "kube/client/transport.h"
#include "plan/plan.h"

namespace millrace::engine {

inline constexpr std::size_t kLargestAnswer = std::size_t{1} << 20;  // bytes; more is no answer

// The call of an instant query, without what the source's tenancy adds. Its path begins where the source's URL ends.
kube::Request metrics_request(const std::string& text, core::Instant at);

// Number, NoData, NotANumber or Unreachable, whose sentence holds at most 200 printable characters of what the server said.
plan::Answer metrics_answer(const core::Result<kube::Response>& response);

// The answer's name in metrics: value, no_data, not_a_number, unreachable.
const char* metrics_result(const plan::Answer& answer);

}  // namespace millrace::engine
