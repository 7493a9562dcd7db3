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
  const kube::Service* backend = nullptr;     // what the HTTPRoute sends to
  std::int64_t reachable = 0;                 // ready endpoints of that
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

struct Parts {  // of spec.route.gateway, as the HTTPRoute was written with them; an annotation of it tells
  Gateway gateway{};
  bool taken = false;  // its Gateways have taken the route with these
  static const json::Schema schema;
  bool operator==(const Parts&) const = default;
};

// The HTTPRoute as its Gateways show it.
struct RouteFacts {
  bool exists = false;
  bool current = false;                                        // every Gateway that it names has accepted and resolved it as it stands
  bool unattached = false;                                     // a Gateway does not accept it as it stands
  std::optional<Parts> parts{};                                // nullopt: not known
  bool barred = false;                                         // an older service has the host names that the spec wants
  std::map<std::string, std::int64_t, std::less<>> weights{};  // by revision, of the backends that it lists
  std::string mirror{};                                        // the revision that gets copies
  std::string reason{}, message{};                             // why not current: a Gateway's own word, or whom we wait for
  bool refused = false;                                        // a Gateway has said no to it as it stands, or the cluster has no HTTPRoutes
  std::int64_t weight_of(std::string_view revision) const;     // 0 where it is not listed
  bool lists(std::string_view revision) const { return weights.contains(revision); }
};

struct Facts {
  std::map<std::string, Revision, std::less<>> revisions{};
  Pointer entry{};
  std::int64_t routed = 0;  // endpoints of the entry
  RouteFacts route{};
  const Revision& of(std::string_view revision) const;  // an empty one when nothing is known
  // The entry's endpoints are pods of this revision alone, and there is one.
  bool only(std::string_view revision) const;
};

inline constexpr std::string_view kNobody = "none";  // value of the revision label that no pod has
inline constexpr int kCrashes = 2;                   // restarts after which a crash is the version's verdict (D17)

Facts facts_of(const Observed& seen);

}  // namespace millrace::inference_service
