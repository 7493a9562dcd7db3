#include "engine/metrics_answer.h"

#include <charconv>
#include <cmath>

#include "core/percent.h"
#include "core/text.h"
#include "json/value.h"

namespace millrace::engine {
namespace {

constexpr core::Duration kDeadline{10'000};
constexpr std::size_t kShown = 200;

plan::Answer none(std::string why) { return plan::Unreachable{std::move(why)}; }

// Strangers' words for people: no control characters, not long.
std::string shown(std::string_view text) {
  std::string out = core::to_utf8(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return core::cut(out, kShown);
}

plan::Answer refusal_of(const kube::Response& response) {
  const std::string code = "HTTP " + std::to_string(response.status);
  if (response.status >= 300 && response.status < 400) return none(code + ": redirects are not followed");
  const auto body = json::parse(response.body);
  const std::string said = body ? body->text_at({"error"}) : "";
  return none(code + ": " + shown(said.empty() ? response.body : said));
}

// A sample is [time, "value"]; the value is in Go's words.
plan::Answer number_of(const json::Value* sample) {
  const json::Array* pair = sample == nullptr ? nullptr : sample->array();
  if (pair == nullptr || pair->size() != 2 || (*pair)[1].text() == nullptr) return none("the answer has no sample that is a number");
  const std::string& text = *(*pair)[1].text();
  const std::size_t sign = text.starts_with('+') ? 1 : 0;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data() + sign, text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range && end == text.data() + text.size()) return plan::NotANumber{};
  if (error != std::errc() || end != text.data() + text.size()) return none("\"" + shown(text) + "\" is no number");
  if (!std::isfinite(value)) return plan::NotANumber{};
  return plan::Number{value};
}

plan::Answer vector_of(const json::Array& series) {
  if (series.empty()) return plan::NoData{};
  if (series.size() > 1) return none("the query gives " + std::to_string(series.size()) + " series, one is wanted");
  return number_of(series.front().at({"value"}));
}

}  // namespace

kube::Request metrics_request(const std::string& text, core::Instant at) {
  return {.path = "/api/v1/query?query=" + core::percent_encoded(text) + "&time=" + std::to_string(at.time_since_epoch().count()),
          .deadline = kDeadline};
}

plan::Answer metrics_answer(const core::Result<kube::Response>& response) {
  if (!response) return none(shown(response.error().message));
  if (response->status != 200) return refusal_of(*response);
  if (response->body.size() > kLargestAnswer) return none("the answer is larger than 1 MiB");
  const auto body = json::parse(response->body);
  if (!body) return none("the answer is no JSON: " + shown(response->body));
  if (body->text_at({"status"}) != "success") return none(shown("the query failed: " + body->text_at({"error"})));
  const std::string type = body->text_at({"data", "resultType"});
  const json::Value* result = body->at({"data", "result"});
  if (type == "scalar") return number_of(result);
  if (type == "vector" && result != nullptr && result->array() != nullptr) return vector_of(*result->array());
  return none("the query gives \"" + shown(type) + "\", a scalar or a vector is wanted");
}

const char* metrics_result(const plan::Answer& answer) {
  if (std::holds_alternative<plan::Number>(answer)) return "value";
  if (std::holds_alternative<plan::NoData>(answer)) return "no_data";
  return std::holds_alternative<plan::NotANumber>(answer) ? "not_a_number" : "unreachable";
}

}  // namespace millrace::engine
