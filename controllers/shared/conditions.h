// Conditions that every kind has, and the one table that says how they go together (D23, api.md).
// Ready, Reconciling, Stalled and Settled always exist and are always set together, from one situation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kube/model/condition.h"
#include "plan/plan.h"
#include "shared/reasons.h"

namespace millrace::shared {

enum class Situation {
  GoingOn,           // this generation asks for a rollout or a run, and it is going on
  GoingOnByItself,   // the same, begun by policy Latest
  Done,              // promoted, run succeeded with a version that is ready, version ready
  RolledBack,        // rolled back; the version was pinned or asked for by this generation
  RolledBackLatest,  // rolled back under policy Latest: who served before serves on
  NotThereYet,       // a named object does not exist (yet)
  Failed,            // the run of this generation failed, or its version was rejected; a ModelVersion was rejected
  FailedByItself,    // the same of a run that a trigger began: what was made before stands
  WaitsForPlace,     // a rollout waits for the place (D17)
  WriteRefused,      // a write was refused by quota or a policy that may change
  Suspended,         // as the user asked
  Invalid            // spec invalid, name taken, or a write refused as invalid
};

struct Summary {
  bool ready = false, reconciling = false, stalled = false, settled = false;
  bool operator==(const Summary&) const = default;
};

// `available`: somebody answers, or the kind was ready before (WaitsForPlace, WriteRefused, Suspended). `asked`: this generation asked for
// what is interrupted (WaitsForPlace).
Summary summary(Situation situation, bool available = false, bool asked = true);

struct Saying {
  std::string reason{}, message{};
  bool operator==(const Saying&) const = default;
};

// Writes conditions of one pass: transition times come from `before`.
class Conditions {
 public:
  Conditions(const kube::Conditions& before, std::int64_t generation, core::Instant now)
      : before_(before), generation_(generation), now_(now) {}
  Conditions(kube::Conditions&& before, std::int64_t generation, core::Instant now) = delete;  // it is read until take()
  void set(std::string_view type, bool is_true, Saying saying) { put(type, is_true ? "True" : "False", std::move(saying)); }
  void unknown(std::string_view type, Saying saying) { put(type, "Unknown", std::move(saying)); }
  void set(const Summary& summary, const Saying& saying);  // Ready, Reconciling, Stalled, Settled
  kube::Conditions take() { return std::move(next_); }

 private:
  void put(std::string_view type, std::string_view status, Saying saying);
  const kube::Conditions& before_;
  std::int64_t generation_;
  core::Instant now_;
  kube::Conditions next_{};
};

// What the newest refused write means: reason and the server's own sentence.
struct Trouble {
  Situation situation = Situation::WriteRefused;  // or Invalid
  Saying saying{};
  bool operator==(const Trouble&) const = default;
};
Trouble trouble_of(const plan::Refusal& refusal);
std::optional<Trouble> trouble(const std::vector<plan::Refusal>& refusals);  // the gravest, then the newest
// When the engine sends the first of them again.
std::optional<core::Instant> retry_at(const std::vector<plan::Refusal>& refusals);

}  // namespace millrace::shared
