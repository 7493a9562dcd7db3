#include "analysis_source.h"

#include <algorithm>
#include <stdexcept>

#include "inference_service/analysis/query.h"
#include "inference_service/runtimes/mlserver/mlserver.h"

namespace millrace::inference_service {

plan::Fact Source::answer(const plan::Question& question) {
  ++asked;
  const std::string& text = std::get<plan::MetricsQuery>(question.what).text;
  const bool of_canary = text.find(pods_of("team", "churn", "bbb")) != std::string::npos;
  const Traffic& traffic = of_canary ? canary : stable;
  plan::Answer out = plan::NoData{};
  if (down) {
    out = plan::Unreachable{"connection refused"};
  } else if (const std::size_t le = text.find(",le=~\""); le != std::string::npos) {
    if (traffic.requests > 0) out = plan::Number{traffic.requests * traffic.within(std::stod(text.substr(le + 6)))};
  } else if (text.find("rest_server_requests_total") == std::string::npos) {
    out = custom(text);
  } else if (text.find("status_code") != std::string::npos) {
    if (traffic.errors > 0) out = plan::Number{traffic.errors};
  } else if (traffic.requests > 0) {
    out = plan::Number{traffic.requests};
  }
  return {question, out, question.at};
}

std::vector<plan::Fact> Source::answer(const std::vector<plan::Question>& questions) {
  std::vector<plan::Fact> out;
  for (const plan::Question& question : questions) out.push_back(answer(question));
  return out;
}

Stage::Stage(Analysis r, std::int64_t weight, std::string stable)
    : rules(std::move(r)),
      watched{.rules = rules,
              .runtime = &runtimes().front(),
              .ns = "team",
              .name = "churn",
              .canary = "bbb",
              .stable = std::move(stable),
              .weight = weight,
              .since = kSince} {}

const Findings& Stage::pass(core::Instant now, const std::vector<plan::Fact>& facts) {
  watched.now = now;
  last = analyse(watched, status, facts);
  status = last.entries;
  return last;
}

// A count is stored, then the next look is asked about, until one is due later than now.
const Findings& Stage::look(core::Instant now, Source& source) {
  pass(now);
  std::vector<plan::Fact> facts;
  for (bool moves = true; moves;) {
    const std::size_t known = facts.size();
    for (const plan::Question& question : last.questions) {
      const bool answered = std::any_of(facts.begin(), facts.end(), [&](const plan::Fact& f) { return f.question == question; });
      if (question.at <= now && !answered) facts.push_back(source.answer(question));
    }
    const auto before = status;
    const auto asked = last.questions;
    pass(now, facts);
    moves = facts.size() > known || status != before || last.questions != asked;
  }
  return last;
}

AnalysisMetric preset(Preset which, std::string max) { return {.preset = which, .max = std::move(max)}; }

Analysis analysis_of(std::vector<AnalysisMetric> metrics) { return {.metrics = std::move(metrics)}; }

Analysis two() { return analysis_of({preset(Preset::ErrorRatio), preset(Preset::LatencyP95)}); }

std::function<double(double)> flat(double seconds) {
  return [seconds](double bound) { return bound < seconds ? 0.0 : 1.0; };
}

Source good() { return {.canary = {2000, 20, flat(0.1)}, .stable = {8000, 80, flat(0.1)}}; }

const AnalysisStatus& entry(const Findings& findings, std::string_view metric) {
  for (const AnalysisStatus& e : findings.entries) {
    if (e.metric == metric) return e;
  }
  throw std::out_of_range(std::string(metric));
}

}  // namespace millrace::inference_service
