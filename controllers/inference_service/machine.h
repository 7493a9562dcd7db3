// What the rollout machine's two files share, and what telling and restoring know of it.
#pragma once

#include <string>

#include "core/time.h"
#include "inference_service/choose.h"
#include "inference_service/facts.h"

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

  // rollout.cpp
  void adopt_generation();
  void supersede();
  void begin();
  void judge_canary();
  void step();

 private:
  void leave_one(RetiredStatus& r);
  bool hand_back(std::string_view reason);
  void take_back(const shared::Cause& cause);
  void clear_the_way(const Target& target);
  void end_bake();
  bool may_begin(const Target& target) const;
  void wait_for_place(const shared::Cause* cause);
  void enter_step(CanaryStatus& canary, std::int64_t index);
  void promote();
};

// Steps protect somebody who serves well: there is nobody on a first deploy (D25).
std::vector<Step> steps_for(const Spec& spec, const Status& status);
// Recreate knows no bake.
inline core::Duration bake_of(const Rollout& rollout) { return rollout.strategy == Strategy::Canary ? rollout.bake : core::Duration(0); }
inline core::Instant later(core::Instant at, core::Duration d) { return at + std::chrono::ceil<std::chrono::seconds>(d); }
inline constexpr auto kShrinkEvery = std::chrono::seconds(30);
inline constexpr std::string_view kReplaced = "Replaced", kRolledBack = "RolledBack", kSuperseded = "Superseded",
                                  kNoCapacity = "NoCapacity";

}  // namespace millrace::inference_service
