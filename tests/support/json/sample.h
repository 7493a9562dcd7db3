// A table with one field of each kind, for the tests of room json.
#pragma once

#include "json/codec.h"
#include "json/schema.h"

namespace millrace::json::sample {

enum class Strategy { Canary, Recreate };
inline constexpr EnumName kStrategies[] = {{0, "Canary"}, {1, "Recreate"}};
constexpr std::span<const EnumName> enum_names(Strategy) { return kStrategies; }

struct Step {
  std::int64_t weight = 0;
  core::Duration pause{};
  static const Schema schema;
  bool operator==(const Step&) const = default;
};
struct Gate {
  std::string metric{};
  std::optional<Decimal> min{};
  std::string format{};
  static const Schema schema;
  bool operator==(const Gate&) const = default;
};
struct Drain {
  core::Duration grace{30'000};
  bool force = false;
  static const Schema schema;
  bool operator==(const Drain&) const = default;
};
struct Rollout {
  std::string model{}, run{};
  Strategy strategy = Strategy::Canary;
  std::vector<Step> steps{};
  std::vector<Gate> gates{};
  std::vector<std::string> args{};
  StringMap labels{};
  Drain drain{};
  std::optional<Drain> emergency{};
  std::optional<std::int64_t> replicas{};
  std::optional<bool> paused{};
  Quantity memory{};
  core::Instant since{};
  Text raw{};
  std::int64_t seen = 0;
  static const Schema schema;
  bool operator==(const Rollout&) const = default;
};

inline bool rising(const Rollout& r) {
  for (std::size_t i = 1; i < r.steps.size(); ++i) {
    if (r.steps[i].weight <= r.steps[i - 1].weight) return false;
  }
  return true;
}
inline bool never_shrinks(const Rollout& before, const Rollout& after) { return after.replicas.value_or(1) >= before.replicas.value_or(1); }

inline constexpr Field kStep[] = {
    field<&Step::weight>("weight", "Share in percent.", {.min = 1, .max = 100, .required = true}),
    field<&Step::pause>("pause", "How long to stay.", {.min = 0, .max = 3'600'000, .example = "5m", .fallback = "0s"}),
};
inline constinit const Schema Step::schema{.doc = "One step.", .fields = kStep};

inline constexpr Field kGate[] = {
    field<&Gate::metric>("metric", "Name of the metric.",
                         {.min_length = 1, .max_length = 8, .pattern = "^[a-z]+$", .example = "auc", .required = true}),
    field<&Gate::min>("min", "Least value.", {.example = "0.90"}),
    field<&Gate::format>("format", "Never changes.", {.max_length = 8, .immutable = true}),
};
inline constinit const Schema Gate::schema{.doc = "One gate.", .fields = kGate};

inline constexpr Field kDrain[] = {
    field<&Drain::grace>("grace", "Time before pods go.", {.min = 10'000, .fallback = "30s"}),
    field<&Drain::force>("force", "Without waiting.", {.fallback = "false"}),
};
inline constinit const Schema Drain::schema{.doc = "Drain.", .fields = kDrain};

inline constexpr Field kRollout[] = {
    field<&Rollout::model>("model", "The model.",
                           {.min_length = 1, .max_length = 10, .example = "churn", .required = true, .immutable = true}),
    field<&Rollout::run>("run", "Change to run.", {.max_length = 10, .fallback = "\"\""}),
    field<&Rollout::strategy>("strategy", "How.", {.fallback = "Canary"}),
    field<&Rollout::steps>("steps", "The way up.", {.max_items = 5}),
    field<&Rollout::gates>("gates", "What must hold.", {.max_items = 3, .list_key = "metric"}),
    field<&Rollout::args>("args", "Words.", {.max_length = 4, .max_items = 3, .pattern = "^[a-z]*$"}),
    field<&Rollout::labels>("labels", "Labels.", {.max_length = 5, .max_properties = 2}),
    field<&Rollout::drain>("drain", "Drain.", {.fallback = "{}"}),
    field<&Rollout::emergency>("emergency", "Drain in a hurry."),
    field<&Rollout::replicas>("replicas", "How many.", {.min = 0, .max = 1000}),
    field<&Rollout::paused>("paused", "Stopped."),
    field<&Rollout::memory>("memory", "Memory.", {.example = "1Gi"}),
    field<&Rollout::since>("since", "Since when.", {.example = "2026-01-31T12:00:00Z"}),
    field<&Rollout::raw>("raw", "Anything."),
    field<&Rollout::seen>("seen", "A count.", {.min = 0, .max = 1'000'000, .is_volatile = true}),
};
inline constexpr Rule kRolloutRules[] = {
    rule<Rollout, rising>("self.steps.all(i, true)", "steps: weights must rise", R"({"model":"m","steps":[{"weight":5},{"weight":9}]})",
                          R"({"model":"m","steps":[{"weight":5},{"weight":5}]})"),
    transition<Rollout, never_shrinks>("self.replicas >= oldSelf.replicas", "replicas must not shrink",
                                       R"([{"model":"m","replicas":1},{"model":"m","replicas":2}])",
                                       R"([{"model":"m","replicas":3},{"model":"m","replicas":2}])"),
};
inline constinit const Schema Rollout::schema{.doc = "A rollout.", .fields = kRollout, .rules = kRolloutRules};

}  // namespace millrace::json::sample
