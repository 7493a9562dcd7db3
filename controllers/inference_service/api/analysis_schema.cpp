#include <algorithm>
#include <set>

#include "core/text.h"
#include "inference_service/api/analysis.h"

namespace millrace::inference_service {
namespace {

using json::field, json::rule;

constexpr std::int64_t kTenSeconds = 10'000, kMinute = 60'000, kHour = 60 * kMinute, kThirtyDays = 30 * 24 * kHour;  // milliseconds
constexpr std::string_view kMeasure = R"(^(-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?|([0-9]+(\.[0-9]+)?(ms|s|m|h))+)$)";
constexpr std::string_view kSamples = "^(auto|[1-9][0-9]{0,6})$";

bool has_preset(const AnalysisMetric& m) { return m.preset != Preset::None; }
bool is_share(const std::string& text) { return core::is_decimal(text) && core::decimal(text) >= 0 && core::decimal(text) <= 1; }

bool compares(const StableRule& s) { return !s.max_ratio.text.empty() || !s.min_ratio.text.empty(); }
bool one_source(const AnalysisMetric& m) { return has_preset(m) != !m.query.empty(); }
bool query_is_named(const AnalysisMetric& m) { return m.query.empty() || !m.name.empty(); }
bool query_has_rule(const AnalysisMetric& m) { return m.query.empty() || !m.max.empty() || !m.min.empty() || m.stable; }
bool samples_of_preset(const AnalysisMetric& m) { return m.query.empty() || m.min_samples.empty(); }
bool preset_is_bounded_above(const AnalysisMetric& m) {
  return !has_preset(m) || (m.min.empty() && (!m.stable || m.stable->min_ratio.text.empty()));
}
bool preset_leaves_room(const AnalysisMetric& m) {
  if (!has_preset(m) || !m.stable || m.stable->max_ratio.text.empty()) return true;
  return core::is_decimal(m.stable->max_ratio.text) && core::decimal(m.stable->max_ratio.text) >= 1.1;
}
bool ratio_is_share(const AnalysisMetric& m) { return m.preset != Preset::ErrorRatio || m.max.empty() || is_share(m.max); }
bool latency_is_positive(const AnalysisMetric& m) {
  return !has_preset(m) || m.preset == Preset::ErrorRatio || m.max.empty() || m.max.front() != '-';
}
bool names_differ(const Analysis& a) {
  std::set<std::string> names;
  return std::all_of(a.metrics.begin(), a.metrics.end(), [&](const AnalysisMetric& m) { return names.insert(name_of(m)).second; });
}

constexpr json::Field kStableRule[] = {
    field<&StableRule::max_ratio>(
        "maxRatio", "The canary's value is at most so many times stable's; of a preset at least 1.1: less is below the noise.",
        {.max_length = 16, .example = "1.25"}),
    field<&StableRule::min_ratio>("minRatio", "The canary's value is at least so many times stable's; queries only.",
                                  {.max_length = 16, .example = "0.95"}),
};
constexpr json::Rule kStableRuleRules[] = {
    rule<StableRule, compares>("has(self.maxRatio) || has(self.minRatio)", "stable: maxRatio or minRatio is required",
                               R"({"maxRatio":"1.25"})", R"({})"),
};
// No defaults: metrics are an atomic list, where a default would look like a change to everybody who applies a metric without it.
constexpr json::Field kMetric[] = {
    field<&AnalysisMetric::name>("name", "Name of the metric in status; absent: the preset's. Required with `query`.",
                                 {.max_length = 40, .pattern = "^[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?$", .example = "drift"}),
    field<&AnalysisMetric::preset>("preset",
                                   "What the model server tells of its inference requests: ErrorRatio (share that failed by the server's "
                                   "fault), LatencyP50, LatencyP95, LatencyP99. Without max and stable it is compared with the stable "
                                   "revision: maxRatio 1.5 for ErrorRatio, 1.25 for latencies.",
                                   {.example = "ErrorRatio"}),
    field<&AnalysisMetric::query>(
        "query",
        "PromQL that yields one number. {{canary}} and {{stable}} become label matchers of the revision's pods, "
        "{{namespace}} and {{name}} those of the service, {{window}} the time since the step's traffic warmed up.",
        {.max_length = 2048, .example = "sum(increase(drift_total{ {{canary}} }[{{window}}]))"}),
    field<&AnalysisMetric::max>("max", "What the canary's value may not exceed: a number, or a duration, which is compared in seconds.",
                                {.max_length = 16, .pattern = kMeasure, .example = "250ms"}),
    field<&AnalysisMetric::min>("min", "What the canary's value may not fall below; queries only.",
                                {.max_length = 16, .pattern = kMeasure, .example = "0.9"}),
    field<&AnalysisMetric::stable>("stable", "The canary's value against the stable revision's over the same window."),
    field<&AnalysisMetric::min_samples>(
        "minSamples",
        "Requests of the canary before a verdict counts; presets only. auto, as if absent: as many as the rule needs to be decided "
        "at 95 %, at most 1000.",
        {.max_length = 7, .pattern = kSamples, .example = "auto"}),
    field<&AnalysisMetric::failure_limit>("failureLimit", "Failing looks of a step that are borne; one more fails the rollout. Absent: 2.",
                                          {.min = 0, .max = 100, .example = "2"}),
};
constexpr json::Rule kMetricRules[] = {
    rule<AnalysisMetric, one_source>("(has(self.preset) && self.preset != 'None') != (has(self.query) && self.query != '')",
                                     "metrics[]: exactly one of preset and query is required", R"({"preset":"ErrorRatio"})",
                                     R"({"name":"a","max":"1"})"),
    rule<AnalysisMetric, query_is_named>("!has(self.query) || self.query == '' || (has(self.name) && self.name != '')",
                                         "metrics[].name: is required with query", R"({"name":"a","query":"x","max":"1"})",
                                         R"({"query":"x","max":"1"})"),
    rule<AnalysisMetric, query_has_rule>("!has(self.query) || self.query == '' || (has(self.max) && self.max != '') || (has(self.min) && "
                                         "self.min != '') || has(self.stable)",
                                         "metrics[]: a query needs at least one of max, min and stable",
                                         R"({"name":"a","query":"x","stable":{"minRatio":"0.9"}})", R"({"name":"a","query":"x"})"),
    rule<AnalysisMetric, samples_of_preset>("!has(self.query) || self.query == '' || !has(self.minSamples) || self.minSamples == ''",
                                            "metrics[].minSamples: is of presets; a query says itself when it has too little to tell",
                                            R"({"preset":"LatencyP95","minSamples":"500"})",
                                            R"({"name":"a","query":"x","max":"1","minSamples":"500"})"),
    rule<AnalysisMetric, preset_is_bounded_above>(
        "!has(self.preset) || self.preset == 'None' || ((!has(self.min) || self.min == '') && "
        "(!has(self.stable) || !has(self.stable.minRatio)))",
        "metrics[]: min and stable.minRatio are of queries; fewer errors and shorter latencies are never too few",
        R"({"preset":"LatencyP95","max":"250ms"})", R"({"preset":"LatencyP95","min":"250ms"})"),
    rule<AnalysisMetric, preset_leaves_room>("!has(self.preset) || self.preset == 'None' || !has(self.stable) || "
                                             "!has(self.stable.maxRatio) || double(self.stable.maxRatio) >= 1.1",
                                             "metrics[].stable.maxRatio: of a preset must be at least 1.1",
                                             R"({"preset":"ErrorRatio","stable":{"maxRatio":"1.1"}})",
                                             R"({"preset":"ErrorRatio","stable":{"maxRatio":"1"}})"),
    rule<AnalysisMetric, ratio_is_share>("!has(self.preset) || self.preset != 'ErrorRatio' || !has(self.max) || self.max == '' || "
                                         "(!self.max.matches('[a-z]$') && double(self.max) >= 0.0 && double(self.max) <= 1.0)",
                                         "metrics[].max: of ErrorRatio must be 0 to 1", R"({"preset":"ErrorRatio","max":"0.01"})",
                                         R"({"preset":"ErrorRatio","max":"5"})"),
    rule<AnalysisMetric, latency_is_positive>("!has(self.preset) || self.preset in ['None', 'ErrorRatio'] || !has(self.max) || "
                                              "!self.max.startsWith('-')",
                                              "metrics[].max: of a latency must not be negative", R"({"preset":"LatencyP99","max":"0.25"})",
                                              R"({"preset":"LatencyP99","max":"-1"})"),
};
constexpr json::Field kInconclusive[] = {
    field<&Inconclusive::timeout>("timeout", "How long a step waits for a verdict when there is too little data.",
                                  {.min = kMinute, .max = kThirtyDays, .fallback = "2h"}),
    field<&Inconclusive::then>("then", "Pause: a person decides. Continue: as if it had passed.", {.fallback = "Pause"}),
};
constexpr json::Field kAnalysis[] = {
    field<&Analysis::source>("source", "Metrics source, by the name that the administrator gave it.",
                             {.max_length = 63, .pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", .fallback = "default"}),
    field<&Analysis::interval>("interval", "Time between two looks.", {.min = kTenSeconds, .max = kHour, .fallback = "30s"}),
    field<&Analysis::warmup>("warmup", "Requests of a step count from so long after its traffic had converged.",
                             {.max = kHour, .fallback = "1m"}),
    field<&Analysis::metrics>("metrics", "What is measured, and what it may not exceed.",
                              {.min_items = 1, .max_items = 10, .example = R"([{"preset":"ErrorRatio","max":"0.01"}])", .required = true}),
    field<&Analysis::inconclusive>("inconclusive", "What becomes of a step that comes to no verdict.", {.fallback = "{}"}),
};
constexpr json::Rule kAnalysisRules[] = {
    rule<Analysis, names_differ>(
        "self.metrics.all(m, self.metrics.exists_one(o, (has(o.name) && o.name != '' ? o.name : has(o.preset) ? o.preset : '') == "
        "(has(m.name) && m.name != '' ? m.name : has(m.preset) ? m.preset : '')))",
        "metrics[].name: each name may stand once; a metric without one has its preset's",
        R"({"metrics":[{"preset":"ErrorRatio"},{"name":"worse","preset":"ErrorRatio","max":"0.1"}]})",
        R"({"metrics":[{"preset":"ErrorRatio"},{"preset":"ErrorRatio","max":"0.1"}]})"),
};
constexpr json::Field kStatus[] = {
    field<&AnalysisStatus::metric>("metric", "Name of the metric."),
    field<&AnalysisStatus::rule>("rule", "What it may not exceed."),
    field<&AnalysisStatus::value>("value", "The canary's value in the window.", {.is_volatile = true}),
    field<&AnalysisStatus::stable>("stable", "The stable revision's value in the window.", {.is_volatile = true}),
    field<&AnalysisStatus::stable_high>(
        "stableHigh", "Latencies: what the stable revision's true value hardly exceeds; comparisons use it.", {.is_volatile = true}),
    field<&AnalysisStatus::samples>("samples", "Requests of the canary in the window.", {.is_volatile = true}),
    field<&AnalysisStatus::stable_samples>("stableSamples", "Requests of the stable revision in the window.", {.is_volatile = true}),
    field<&AnalysisStatus::verdict>("verdict",
                                    "Pass or Fail: of the newest conclusive look of this step. Inconclusive: none was. SourceDown: the "
                                    "metrics source does not answer, which is neither.",
                                    {.is_volatile = true}),
    field<&AnalysisStatus::why>("why", "What is missing, or what was exceeded.", {.is_volatile = true}),
    field<&AnalysisStatus::failures>("failures", "Failing looks of this step."),
    field<&AnalysisStatus::passed>("passed", "A look of this step passed.", {.is_volatile = true}),
    field<&AnalysisStatus::frozen>("frozen", "`stable` is of an earlier step: at this weight stable gets too few requests."),
    field<&AnalysisStatus::at>("at", "End of the window of the newest look.", {.is_volatile = true}),
};

}  // namespace

std::string name_of(const AnalysisMetric& metric) {
  if (!metric.name.empty() || metric.preset == Preset::None) return metric.name;
  return std::string(kPresets[static_cast<std::size_t>(metric.preset)].name);
}

constinit const json::Schema StableRule::schema{
    .doc = "The canary's value against the stable revision's.", .fields = kStableRule, .rules = kStableRuleRules};
constinit const json::Schema AnalysisMetric::schema{.doc = "One metric and its rule.", .fields = kMetric, .rules = kMetricRules};
constinit const json::Schema Inconclusive::schema{.doc = "What becomes of a step that comes to no verdict.", .fields = kInconclusive};
constinit const json::Schema Analysis::schema{
    .doc = "What is measured of a canary, and what it may not exceed.", .fields = kAnalysis, .rules = kAnalysisRules};
constinit const json::Schema AnalysisStatus::schema{.doc = "What was found of one metric in this step.", .fields = kStatus};

}  // namespace millrace::inference_service
