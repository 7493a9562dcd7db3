// The parts of the rollout machine that its two files share. Internal to rollout.cpp and leave.cpp.
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
  void take_back(const shared::Cause& cause);
  void end_bake();
  bool may_begin(const Target& target) const;
  void wait_for_place(const shared::Cause* cause);
  void enter_step(CanaryStatus& canary, std::int64_t index);
  void promote();
};

inline core::Instant later(core::Instant at, core::Duration d) { return at + std::chrono::ceil<std::chrono::seconds>(d); }
inline constexpr auto kShrinkEvery = std::chrono::seconds(30);
inline constexpr std::string_view kReplaced = "Replaced", kRolledBack = "RolledBack", kSuperseded = "Superseded",
                                  kNoCapacity = "NoCapacity";

}  // namespace millrace::inference_service
