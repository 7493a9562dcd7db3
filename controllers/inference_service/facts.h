// Facts: what the cluster shows of one revision, and where the entry points. Read from Observed once per pass; pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "inference_service/observed.h"
#include "shared/blame.h"

namespace millrace::inference_service {

struct Revision {
  const kube::Deployment* deployment = nullptr;
  const kube::ControllerRevision* frozen = nullptr;
  const kube::PodDisruptionBudget* budget = nullptr;
  std::vector<const kube::Pod*> pods{};       // Terminating ones too
  std::vector<const kube::Pod*> ended{};      // evicted, cut off by their node, written off: their workload has made others
  std::int64_t available = 0;                 // ready and not Terminating
  std::int64_t routed = 0;                    // endpoints of the entry that are its pods
  bool placed = false;                        // there are pods, all scheduled, all images pulled
  std::optional<shared::Cause> cause{};       // why it does not get on
  std::optional<plan::Question> question{};   // about a pod that is silent (D33)
  std::optional<core::Instant> look_again{};  // when time alone shows something else of its pods
  bool gone() const { return deployment == nullptr && pods.empty(); }
};

// Where the entry's selector points.
struct Pointer {
  enum class To { Nothing, Revision, Everybody };
  To to = To::Nothing;
  std::string revision{};
  bool operator==(const Pointer&) const = default;
};

struct Facts {
  std::map<std::string, Revision, std::less<>> revisions{};
  Pointer entry{};
  std::int64_t routed = 0;                              // endpoints of the entry
  const Revision& of(std::string_view revision) const;  // an empty one when nothing is known
  // The entry's endpoints are pods of this revision alone, and there is one.
  bool only(std::string_view revision) const;
};

inline constexpr std::string_view kNobody = "none";  // value of the revision label that no pod has
inline constexpr int kCrashes = 2;                   // restarts after which a crash is the version's verdict (D17)

Facts facts_of(const Observed& seen);

}  // namespace millrace::inference_service
