// What the rollout machine's files share, and what telling and restoring know of it.
#pragma once

#include <string>

#include "core/time.h"
#include "inference_service/choose.h"
#include "inference_service/facts.h"
#include "inference_service/intents.h"
#include "inference_service/watch.h"

namespace millrace::inference_service {

struct Machine {
  const Observed& seen;
  const Facts& facts;
  const Choice& choice;
  Status& s;

  const Spec& spec() const { return seen.service.spec; }
  core::Instant now() const { return seen.now; }
  void note(std::string reason, std::string message);

  // leave.cpp
  void retire(std::string version, std::string revision, std::int64_t count, std::string_view reason);
  void refuse(const std::string& version, const std::string& revision, const shared::Cause& cause);
  void leave();
  void bake();

  // intents.cpp
  void hear();

  // rollout.cpp
  void judge_canary();
  void step();

  // succession.cpp
  void adopt();
  void supersede();
  void begin();

 private:
  void leave_one(RetiredStatus& r);
  bool hand_back(std::string_view reason);
  bool hand_back_to(std::string_view version, std::string_view reason);
  bool take_back(const shared::Cause& cause);
  void clear_the_way(const Target& target);
  void bake_on();
  bool is_sick_in_bake();
  void end_bake();
  bool is_held_back() const;
  bool finishes_first(const Target& target) const;
  bool may_begin(const Target& target) const;
  void wait_for_place(const shared::Cause* cause);
  void fail_canary(const shared::Cause& cause);
  void give_way(const std::string& why);
  void enter_step(CanaryStatus& canary, std::int64_t index);
  void weigh(const Findings& found);
  bool has_verdict(const std::optional<Findings>& found, core::Instant end);
  bool may_go_on(const std::optional<Findings>& found);
  void hold(std::string_view reason, std::string message);
  void promote();
  Outcome obey(const Intent& intent);
  Outcome let_go_on(const Intent& intent);
  Outcome abort(const Intent& intent);
  Outcome retry(const Intent& intent);
  Outcome roll_back_to(const Intent& intent);
  Outcome pause(const Intent& intent);
  Outcome resume();
  bool forget_refusals(const std::string& version);
};

bool is_paused(const Spec& spec, const Status& status);
// It is what a person's rollback brings; a later edit of the same version is a rollout like others.
bool is_way_back(const Status& status, std::string_view revision);
// Steps protect somebody who serves well: there is nobody on a first deploy (D25).
std::vector<Step> steps_for(const Spec& spec, const Status& status, std::string_view revision);
// By which rules it is measured; nobody on a first deploy and on the way back is.
std::optional<Analysis> rules_for(const Spec& spec, const Status& status, std::string_view revision);
void place_at(CanaryStatus& canary, std::int64_t step);  // weight and shadow are the step's
// Recreate knows no bake.
inline core::Duration bake_of(const Rollout& rollout) { return rollout.strategy == Strategy::Recreate ? core::Duration(0) : rollout.bake; }
inline core::Instant later(core::Instant at, core::Duration d) { return at + std::chrono::ceil<std::chrono::seconds>(d); }
inline constexpr auto kShrinkEvery = std::chrono::seconds(30);
inline constexpr std::string_view kReplaced = "Replaced", kRolledBack = "RolledBack", kSuperseded = "Superseded",
                                  kNoCapacity = "NoCapacity";
// Hold::reason
inline constexpr std::string_view kManual = "Manual", kAnalysisFailed = "AnalysisFailed", kInconclusive = "Inconclusive";

}  // namespace millrace::inference_service
