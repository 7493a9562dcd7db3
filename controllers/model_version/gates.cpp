#include "model_version/gates.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/text.h"

namespace millrace::model_version {
namespace {

std::string rule_of(const Gate& gate) {
  if (gate.min && gate.max) return "between " + gate.min->text + " and " + gate.max->text;
  return gate.min ? "at least " + gate.min->text : "at most " + (gate.max ? gate.max->text : "");
}

bool passes(const Gate& gate, double value) {
  return (!gate.min || value >= core::decimal(gate.min->text)) && (!gate.max || value <= core::decimal(gate.max->text));
}

GateVerdict judge(const Gate& gate, const Spec& spec, bool measured) {
  GateVerdict out{.metric = gate.metric, .rule = rule_of(gate)};
  const auto metric = spec.metrics.find(gate.metric);
  if (metric == spec.metrics.end() || !core::is_decimal(metric->second)) {
    out.verdict = "MissingMetric";
    return out;
  }
  out.value = metric->second;
  if (!measured) {
    out.verdict = "NotMeasured";
  } else {
    out.verdict = passes(gate, core::decimal(metric->second)) ? "Passed" : "Failed";
  }
  return out;
}

std::string sentence(const GateVerdict& v) {
  if (v.verdict == "MissingMetric") return v.metric + " is missing, must be " + v.rule;
  if (v.verdict == "NotMeasured") return v.metric + " " + v.value + " was typed in by hand and counts for no gate";
  return v.metric + " " + v.value + " must be " + v.rule;
}

// Six digits are enough to tell versions apart; what was measured stands whole in spec.metrics.
std::string for_a_column(const std::string& decimal) {
  constexpr std::size_t kWide = 8;
  constexpr int kDigits = 6;
  if (decimal.size() <= kWide || !core::is_decimal(decimal)) return decimal;
  std::array<char, 32> out{};
  const auto end = std::to_chars(out.data(), out.data() + out.size(), core::decimal(decimal), std::chars_format::general, kDigits).ptr;
  return {out.data(), end};
}

}  // namespace

std::vector<GateVerdict> judge_gates(const Spec& spec, bool measured) {
  std::vector<GateVerdict> out;
  for (const Gate& gate : spec.gates) out.push_back(judge(gate, spec, measured));
  return out;
}

bool all_passed(const std::vector<GateVerdict>& verdicts) {
  return std::all_of(verdicts.begin(), verdicts.end(), [](const GateVerdict& v) { return v.verdict == "Passed"; });
}

std::string failures(const std::vector<GateVerdict>& verdicts) {
  std::vector<std::string> out;
  for (const GateVerdict& v : verdicts) {
    if (v.verdict != "Passed") out.push_back(sentence(v));
  }
  return core::join(out, "; ");
}

std::string score(const Spec& spec) {
  auto metric = spec.gates.empty() ? spec.metrics.end() : spec.metrics.find(spec.gates.front().metric);
  if (metric == spec.metrics.end()) metric = spec.metrics.begin();
  return metric == spec.metrics.end() ? "" : metric->first + " " + for_a_column(metric->second);
}

}  // namespace millrace::model_version
