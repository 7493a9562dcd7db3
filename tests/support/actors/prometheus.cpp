#include "support/actors/prometheus.h"

#include <fmt/format.h>

#include <charconv>

#include "json/value.h"
#include "support/api_server/call.h"

namespace millrace::sim {

using json::Array;
using json::Object;

Prometheus prometheus(std::vector<MetricsRow> rows) {
  return [rows = std::move(rows)](const MetricsAsk& ask) {
    for (const MetricsRow& row : rows) {
      const bool asked = (row.source.empty() || row.source == ask.source) && ask.text.find(row.contains) != std::string::npos;
      if (asked) return row.says(ask.at);
    }
    return no_data();
  };
}

MetricsAsk ask_of(std::string source, std::string ns, std::string_view path_and_query) {
  const auto query = query_of(path_and_query);
  MetricsAsk out{.source = std::move(source), .ns = std::move(ns), .text = query.at("query")};
  const std::string& time = query.at("time");
  std::int64_t seconds = 0;
  std::from_chars(time.data(), time.data() + time.size(), seconds);
  out.at = core::Instant(std::chrono::seconds(seconds));
  return out;
}

core::Result<kube::Response> answer_of(const MetricsOutcome& outcome, core::Instant now) {
  if (outcome.what == MetricsOutcome::What::Down) return core::Error{core::ErrorCode::Unavailable, "connection refused"};
  Array result;
  if (outcome.what != MetricsOutcome::What::NoData) {
    const std::string text = outcome.what == MetricsOutcome::What::Value ? fmt::format("{}", outcome.value) : "NaN";
    result.emplace_back(Object{{"metric", Object{}}, {"value", Array{now.time_since_epoch().count(), text}}});
  }
  const Object data{{"resultType", "vector"}, {"result", std::move(result)}};
  return kube::Response{.status = 200, .body = json::dump(Object{{"status", "success"}, {"data", data}})};
}

}  // namespace millrace::sim
