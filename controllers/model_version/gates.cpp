#include "model_version/gates.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/text.h"

namespace millrace::model_version {
namespace {

std::string least_delta(const ChampionGate& gate) { return gate.min_delta ? gate.min_delta->text : "0"; }

std::string rule_of(const Gate& gate) {
  std::vector<std::string> out;
  if (gate.min && gate.max) {
    out.push_back("between " + gate.min->text + " and " + gate.max->text);
  } else if (gate.min || gate.max) {
    out.push_back(gate.min ? "at least " + gate.min->text : "at most " + gate.max->text);
  }
  if (gate.champion) {
    const std::string delta = least_delta(*gate.champion);
    out.push_back("at least the champion's " + (delta.starts_with('-') ? "- " + delta.substr(1) : "+ " + delta));
  }
  return core::join(out, " and ");
}

bool is_within(const Gate& gate, double value) {
  return (!gate.min || value >= core::decimal(gate.min->text)) && (!gate.max || value <= core::decimal(gate.max->text));
}

// 0.93 is 0.005 below 0.935, though the difference of the two doubles is a little more.
bool is_above(double value, double champion, double delta) {
  constexpr double kRounding = 1e-12;
  return value - champion >= delta - kRounding * std::max({1.0, std::abs(value), std::abs(champion)});
}

bool counts(const json::StringMap& metrics, const std::string& name) {
  const auto metric = metrics.find(name);
  return metric != metrics.end() && core::is_decimal(metric->second);
}

bool speaks_of(const Gate& gate, const std::string& service) { return gate.champion->service.empty() || gate.champion->service == service; }

// What serves already, or has proved itself there, is not compared with itself.
bool is_in_place(const ServiceFact& f) { return f.role != "None" || f.verdict == "Good"; }

bool is_wanted(const ServiceFact& f) { return f.follows && !is_in_place(f) && (f.pinned || !f.passed_by); }

void compare(const Gate& gate, double value, const std::vector<ServiceFact>& services, GateVerdict& out) {
  const auto speaks = [&](const ServiceFact& f) { return speaks_of(gate, f.name); };
  const auto at = std::find_if(services.begin(), services.end(), speaks);
  if (std::count_if(services.begin(), services.end(), speaks) > 1) {
    out.verdict = "AmbiguousChampion";
  } else if (at == services.end() || !at->rival || is_in_place(*at)) {
    out.verdict = "NoChampion";
  } else {
    out.champion = at->rival->who;
    const bool comparable = at->rival->measured && counts(at->rival->metrics, gate.metric);
    if (comparable) out.champion->value = at->rival->metrics.at(gate.metric);
    const bool better = comparable && is_above(value, core::decimal(out.champion->value), core::decimal(least_delta(*gate.champion)));
    out.verdict = !comparable ? "ChampionNotMeasured" : better ? "Passed" : "Failed";
  }
}

GateVerdict judge(const Gate& gate, const Numbers& numbers, const std::vector<ServiceFact>& services) {
  GateVerdict out{.metric = gate.metric, .rule = rule_of(gate)};
  if (!counts(numbers.metrics, gate.metric)) {
    out.verdict = "MissingMetric";
    return out;
  }
  out.value = numbers.metrics.at(gate.metric);
  if (!numbers.measured) {
    out.verdict = "NotMeasured";
    return out;
  }
  const double value = core::decimal(out.value);
  out.verdict = is_within(gate, value) ? "Passed" : "Failed";
  if (gate.champion && out.verdict == "Passed") compare(gate, value, services, out);
  return out;
}

bool has_passed(const GateVerdict& v) { return v.verdict == "Passed" || v.verdict == "NoChampion"; }

bool stands(const Gate& gate, const GateVerdict& before, const std::vector<ServiceFact>& services) {
  if (!gate.champion || before.metric != gate.metric || before.verdict.empty()) return false;
  if (!has_passed(before)) return true;
  return std::none_of(services.begin(), services.end(), [&](const ServiceFact& f) {
    if (!f.rival || !speaks_of(gate, f.name) || !is_wanted(f)) return false;
    return !before.champion || before.champion->service != f.name || !is_same(*before.champion, f.rival->who);
  });
}

std::string sentence(const GateVerdict& v) {
  if (v.verdict == "MissingMetric") return v.metric + " is missing, must be " + v.rule;
  if (v.verdict == "NotMeasured") return v.metric + " " + v.value + " was typed in by hand and counts for no gate";
  if (v.verdict == "AmbiguousChampion") {
    return v.metric + " cannot be compared: several InferenceServices serve the model; gates[].champion.service must name one";
  }
  if (v.verdict == "ChampionNotMeasured") {
    return v.metric + " cannot be compared: nothing measured it for the champion " + v.champion->version + " of InferenceService " +
           v.champion->service;
  }
  std::string out = v.metric + " " + v.value + " must be " + v.rule;
  if (v.champion) out += "; champion " + v.champion->version + " of InferenceService " + v.champion->service + " has " + v.champion->value;
  return out;
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

std::vector<GateVerdict> judge_gates(const Spec& spec, const Numbers& numbers, const std::vector<ServiceFact>& services,
                                     const std::vector<GateVerdict>& before) {
  std::vector<GateVerdict> out;
  for (std::size_t i = 0; i < spec.gates.size(); ++i) {
    const bool stood = i < before.size() && stands(spec.gates[i], before[i], services);
    out.push_back(stood ? before[i] : judge(spec.gates[i], numbers, services));
  }
  return out;
}

std::vector<Rival> rivals_to_meet(const Spec& spec, const std::vector<ServiceFact>& services, const std::vector<GateVerdict>& before) {
  std::vector<Rival> out;
  for (std::size_t i = 0; i < spec.gates.size(); ++i) {
    const Gate& gate = spec.gates[i];
    if (!gate.champion || (i < before.size() && stands(gate, before[i], services))) continue;
    for (const ServiceFact& f : services) {
      if (f.rival && speaks_of(gate, f.name) && !is_in_place(f)) out.push_back(*f.rival);
    }
  }
  return out;
}

bool all_passed(const std::vector<GateVerdict>& verdicts) { return std::all_of(verdicts.begin(), verdicts.end(), has_passed); }

std::string failures(const std::vector<GateVerdict>& verdicts) {
  std::vector<std::string> out;
  for (const GateVerdict& v : verdicts) {
    if (!has_passed(v)) out.push_back(sentence(v));
  }
  return core::join(out, "; ");
}

std::string score(const Spec& spec, const json::StringMap& metrics) {
  auto metric = spec.gates.empty() ? metrics.end() : metrics.find(spec.gates.front().metric);
  if (metric == metrics.end()) metric = metrics.begin();
  return metric == metrics.end() ? "" : metric->first + " " + for_a_column(metric->second);
}

}  // namespace millrace::model_version
