#include <algorithm>
#include <cmath>

#include "inference_service/analysis/analysis.h"
#include "inference_service/analysis/measure.h"
#include "inference_service/analysis/text.h"

namespace millrace::inference_service {
namespace {

using std::chrono::seconds;

constexpr seconds kLongest = std::chrono::hours(1);  // window
constexpr std::int64_t kBehind = 10;                 // looks: what was missed is caught up with one by one, more is passed over

seconds whole(core::Duration d) { return std::chrono::ceil<seconds>(d); }

struct Clock {  // of a step's looks
  core::Instant start{}, now{};
  seconds interval{};

  explicit Clock(const Watched& w)
      : start(w.since + whole(w.rules.warmup)), now(w.now), interval(std::max(whole(w.rules.interval), seconds(1))) {}

  std::int64_t number(core::Instant t) const { return t <= start ? 0 : (t - start) / interval; }
  core::Instant at(std::int64_t number) const { return start + number * interval; }
  LookAt look(std::int64_t number) const { return {at(number), std::min(number * interval, kLongest)}; }
  // The look after the one counted last. It stays the same until it is answered, however slowly: when many were missed, those whose number
  // is a multiple are gone on with.
  LookAt after(const std::optional<core::Instant>& last) const {
    const std::int64_t newest = number(now), first = 1 + (last ? number(std::min(*last, now)) : 0);
    return look(newest - first < kBehind ? first : newest - newest % kBehind);
  }
};

bool applies(const Watched& w, const AnalysisMetric& metric) { return limits_of(metric).absolute() || !w.stable.empty(); }
bool can_ask(const Watched& w, const AnalysisMetric& metric) {
  return metric.preset == Preset::None || (w.runtime != nullptr && w.runtime->queries != nullptr);
}

// Inconclusive is not said where a look of this step was conclusive: it would change with each look.
void conclude(AnalysisStatus& entry, const Opinion& opinion) {
  entry.why = opinion.why;
  switch (opinion.is) {
    case Opinion::Is::Pass:
      entry.passed = true;
      entry.verdict = "Pass";
      return;
    case Opinion::Is::Fail:
      ++entry.failures;
      entry.verdict = "Fail";
      return;
    case Opinion::Is::Inconclusive:
      if (entry.verdict == "Pass" || entry.verdict == "Fail") return;
      entry.verdict = entry.passed ? "Pass" : entry.failures > 0 ? "Fail" : "Inconclusive";
      return;
  }
}

void record(const Watched& w, const AnalysisMetric& metric, const Measured& m, AnalysisStatus& entry) {
  const auto text = [&](const std::optional<double>& value) { return value ? measure_text(metric, *value) : std::string(); };
  entry.value = text(m.value);
  entry.samples = std::llround(m.canary.requests);
  entry.frozen = !is_live(w) && !entry.stable.empty();
  if (!is_live(w)) return;
  entry.stable = text(m.stable_value);
  entry.stable_high = text(m.stable_high);
  entry.stable_samples = std::llround(m.stable.requests);
}

// One look; false: it waits for answers.
bool look(const Watched& w, const AnalysisMetric& metric, const LookAt& at, const std::vector<plan::Fact>& facts, AnalysisStatus& entry,
          std::vector<plan::Question>& questions) {
  Asker asker(w.rules.source, at.at, facts, questions);
  const Measured measured = measure(w, metric, at, entry, asker);
  if (asker.down()) {
    entry.verdict = "SourceDown";
    entry.why = "the metrics source " + w.rules.source + " does not answer: " + *asker.down();
    entry.at = at.at;
    return true;
  }
  if (asker.waiting()) return false;
  record(w, metric, measured, entry);
  conclude(entry, judge(metric, measured));
  entry.at = at.at;
  return true;
}

AnalysisStatus entry_of(const AnalysisMetric& metric, const std::vector<AnalysisStatus>& before) {
  const std::string name = name_of(metric);
  const auto at = std::find_if(before.begin(), before.end(), [&](const AnalysisStatus& e) { return e.metric == name; });
  AnalysisStatus out = at == before.end() ? AnalysisStatus{.metric = name} : *at;
  out.rule = rule_text(metric);
  return out;
}

// One look in a pass. Its questions stay asked until its count stands in status: the next pass may begin from the status before.
AnalysisStatus watch(const Watched& w, const AnalysisMetric& metric, const std::vector<AnalysisStatus>& before,
                     const std::vector<plan::Fact>& facts, std::vector<plan::Question>& questions) {
  AnalysisStatus entry = entry_of(metric, before);
  if (!applies(w, metric)) {
    entry.why = "there is no stable revision to compare with";
    return entry;
  }
  if (!can_ask(w, metric)) {
    entry.verdict = "Inconclusive";
    entry.why = "the model server tells nothing that presets know";
    return entry;
  }
  std::vector<plan::Question> asked;
  look(w, metric, Clock(w).after(entry.at), facts, entry, asked);
  for (plan::Question& q : asked) {
    if (std::find(questions.begin(), questions.end(), q) == questions.end()) questions.push_back(std::move(q));
  }
  return entry;
}

bool is_exceeded(const AnalysisMetric& metric, const AnalysisStatus& entry) { return entry.failures > metric.failure_limit; }

Findings::Verdict verdict_of(const Watched& w, const std::vector<AnalysisStatus>& entries) {
  bool passed = true;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (is_exceeded(w.rules.metrics[i], entries[i])) return Findings::Verdict::Failed;
    passed = passed && (!applies(w, w.rules.metrics[i]) || (entries[i].passed && entries[i].verdict == "Pass"));
  }
  return passed ? Findings::Verdict::Passed : Findings::Verdict::Waiting;
}

// The smaller, the more it is what people ask about.
int rank(const AnalysisMetric& metric, const AnalysisStatus& entry) {
  if (is_exceeded(metric, entry)) return 0;
  if (entry.verdict == "Fail") return 1;
  if (entry.verdict == "SourceDown") return 2;
  return entry.passed ? 4 : 3;
}

void explain(const Watched& w, Findings& out) {
  std::size_t first = 0;
  for (std::size_t i = 1; i < out.entries.size(); ++i) {
    if (rank(w.rules.metrics[i], out.entries[i]) < rank(w.rules.metrics[first], out.entries[first])) first = i;
  }
  if (first >= out.entries.size()) return;
  const AnalysisStatus& entry = out.entries[first];
  out.metric = entry.metric;
  out.value = entry.value;
  out.threshold = rule_text(w.rules.metrics[first], entry.stable);
  out.why = entry.why;
  out.samples = entry.samples;
}

std::optional<std::int64_t> share_of(const Watched& w, const std::vector<AnalysisStatus>& entries) {
  for (std::size_t i = 0; i < entries.size() && is_live(w); ++i) {
    const std::int64_t all = entries[i].samples + entries[i].stable_samples;
    if (w.rules.metrics[i].preset != Preset::None && entries[i].at && all > 0)
      return std::llround(100.0 * static_cast<double>(entries[i].samples) / static_cast<double>(all));
  }
  return std::nullopt;
}

}  // namespace

Findings analyse(const Watched& watched, const std::vector<AnalysisStatus>& before, const std::vector<plan::Fact>& facts) {
  Findings out;
  for (const AnalysisMetric& metric : watched.rules.metrics) {
    out.entries.push_back(watch(watched, metric, before, facts, out.questions));
    out.source_down = out.source_down || out.entries.back().verdict == "SourceDown";
  }
  out.verdict = verdict_of(watched, out.entries);
  const Clock clock(watched);
  if (!out.questions.empty()) out.next = clock.at(clock.number(watched.now) + 1);
  out.observed_share = share_of(watched, out.entries);
  explain(watched, out);
  return out;
}

std::vector<AnalysisStatus> fresh(const std::vector<AnalysisStatus>& before) {
  std::vector<AnalysisStatus> out;
  for (const AnalysisStatus& entry : before) {
    AnalysisStatus next{.metric = entry.metric, .rule = entry.rule};
    if (!entry.stable.empty() && (entry.passed || entry.failures > 0 || entry.frozen)) {
      next.stable = entry.stable;
      next.stable_high = entry.stable_high;
      next.stable_samples = entry.stable_samples;
      next.frozen = true;
    }
    out.push_back(std::move(next));
  }
  return out;
}

}  // namespace millrace::inference_service
