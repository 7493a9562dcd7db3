// Choose: which version should serve, by the spec's policy and by what this service has learnt (D17, D21). Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "inference_service/revision.h"

namespace millrace::inference_service {

struct Choice {
  std::optional<Target> target{};           // what should serve; never a refused revision
  std::optional<RefusedStatus> refused{};   // what the spec asks for first and does not get: the pinned one, or the newest
  std::vector<RefusedStatus> same_bytes{};  // versions whose revision was refused under another version's name, or before status forgot
  // Why there is no target, or no rollout to it: Accepted=False with this reason; empty when accepted.
  std::string reason{}, message{};
  bool not_there = false;   // a named object does not exist (yet)
  bool rejected = false;    // pinned to a version that is rejected or quarantined
  bool invalid = false;     // the spec asks for what cannot be
  std::string withdrawn{};  // why the canary may not go on: its version was quarantined or rejected meanwhile
};

inline constexpr std::size_t kMostRefused = 20;  // entries of status.refused

Choice choose(const Observed& seen, const Status& status, const shared::Settings& settings);

const model_version::ModelVersion* find_version(const Observed& seen, std::string_view name);

// What the ModelVersion remembers of this service: "Good", "Bad" or "", and of which revision.
struct Verdict {
  std::string verdict{}, revision{};
  core::Instant at{};
};
Verdict verdict_of(const model_version::ModelVersion& version, std::string_view service);

bool is_refused(const Status& status, std::string_view revision);  // by its bytes, whatever name they came under

}  // namespace millrace::inference_service
