// InferenceService.status: what is. Written by the operator only; the write-ahead log of its decisions.
// Source: D6, D10, D18, D21, D23, D28 of docs/decisions.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "inference_service/api/spec.h"
#include "kube/model/condition.h"

namespace millrace::inference_service {

// api.md's phases, as far as this version enters them; clients treat an unknown one as "still working".
enum class Phase {
  Pending,
  Deploying,
  Canary,
  Promoting,
  Baking,
  Serving,
  RollingBack,
  RolledBack,
  Degraded,
  Failed,
  Invalid,
  Shadowing,
  AwaitingApproval,
  Paused
};
constexpr json::EnumName kPhases[] = {
    {0, "Pending"},    {1, "Deploying"}, {2, "Canary"}, {3, "Promoting"}, {4, "Baking"},     {5, "Serving"},           {6, "RollingBack"},
    {7, "RolledBack"}, {8, "Degraded"},  {9, "Failed"}, {10, "Invalid"},  {11, "Shadowing"}, {12, "AwaitingApproval"}, {13, "Paused"}};
constexpr std::span<const json::EnumName> enum_names(Phase) { return kPhases; }
std::string to_text(Phase phase);

struct Hold {            // why a rollout stands still until a person speaks
  std::string reason{};  // Manual, AnalysisFailed, Inconclusive
  std::string message{};
  core::Instant since{};
  static const json::Schema schema;
  bool operator==(const Hold&) const = default;
};
struct StableStatus {  // the revision that the entry serves at rest
  std::string version{}, revision{};
  std::int64_t replicas = 0, ready = 0;
  std::optional<core::Instant> since{};       // promoted
  std::optional<core::Instant> bake_until{};  // while it bakes
  std::optional<Hold> hold{};                 // its bake does not end by itself
  static const json::Schema schema;
  bool operator==(const StableStatus&) const = default;
};
struct CanaryStatus {  // the revision that is on its way in (on a first deploy too)
  std::string version{}, revision{};
  std::int64_t step = 0;                         // index into steps
  std::int64_t weight = 0;                       // wanted share in percent
  std::int64_t shadow = 0;                       // wanted share of mirrored requests in percent
  std::int64_t effective_weight = 0;             // share by available pods, or the weight that the route carries
  std::optional<std::int64_t> observed_share{};  // of the requests that the metrics source counted in this step
  std::int64_t replicas = 0, ready = 0;
  std::vector<Step> steps{};  // frozen when it began: edits take effect with the next rollout
  core::Instant started_at{};
  std::optional<core::Instant> step_started_at{};  // since when this step's pods are available and have its traffic
  std::int64_t released = 0;                       // steps that a person let go on, counted from the first
  std::optional<Hold> hold{};
  std::optional<core::Instant> progress_since{};  // all pods scheduled and pulled, not yet available: progressDeadline runs
  std::optional<core::Instant> place_since{};     // waits for the place
  std::string cause{};                            // why it waits for the place, one sentence
  static const json::Schema schema;
  bool operator==(const CanaryStatus&) const = default;
};
struct RetiredStatus {  // a revision on its way out: out of the entry, drained, shrunk, deleted
  std::string version{}, revision{};
  std::string reason{};  // Replaced, RolledBack, Superseded, NoCapacity
  core::Instant since{};
  std::optional<core::Instant> cleared_at{};  // since when the entry's EndpointSlices hold none of its pods
  std::optional<core::Instant> shrunk_at{};   // last step down
  std::int64_t from = 0, replicas = 0;        // count when it retired; count wanted now
  static const json::Schema schema;
  bool operator==(const RetiredStatus&) const = default;
};
struct DeferredStatus {  // the place had no room for it within placeTimeout: tried again later, without blame (D17)
  std::string version{}, revision{}, message{};
  core::Instant until{};
  static const json::Schema schema;
  bool operator==(const DeferredStatus&) const = default;
};
struct RefusedStatus {  // not tried again: its failure was the version's own (D17)
  std::string version{}, revision{}, reason{}, message{};
  core::Instant at{};
  static const json::Schema schema;
  bool operator==(const RefusedStatus&) const = default;
};
struct GoodStatus {  // the newest revision that ended its bake
  std::string version{}, revision{};
  std::optional<core::Instant> at{};
  static const json::Schema schema;
  bool operator==(const GoodStatus&) const = default;
};
struct Decision {  // what everybody waits for, and what would end the wait
  std::string waiting_for{}, unblock{};
  std::string value{}, threshold{};  // of the metric that decides
  std::int64_t samples = 0;          // requests that it was measured on
  std::optional<core::Instant> next_at{};
  static const json::Schema schema;
  bool operator==(const Decision&) const = default;
};
struct Settled {
  std::int64_t generation = 0;
  std::string version{}, revision{}, result{};
  std::optional<core::Instant> at{};
  static const json::Schema schema;
  bool operator==(const Settled&) const = default;
};
struct History {
  core::Instant time{};
  std::string reason{}, message{};
  static const json::Schema schema;
  bool operator==(const History&) const = default;
};
struct IntentStatus {  // the acknowledgement of a person's word (D10)
  std::string id{}, verb{}, version{};
  std::int64_t step = 0;
  std::string by{};
  std::string outcome{};  // Done, Refused, Expired
  std::string message{};
  core::Instant at{};  // when it was dealt with
  static const json::Schema schema;
  bool operator==(const IntentStatus&) const = default;
};
struct PausedStatus {  // by a person's word, until `resume`
  std::string id{}, by{};
  core::Instant at{};
  static const json::Schema schema;
  bool operator==(const PausedStatus&) const = default;
};
struct RollbackStatus {  // by a person's word: this version serves, until a newer one than `above` comes or the spec asks for another
  std::string version{}, by{};
  std::string revision{};  // that the word brought; "": it has not begun yet
  std::int64_t above = 0;  // the highest number of a version when it was said
  std::string pinned{};    // what the spec named then
  core::Instant at{};
  static const json::Schema schema;
  bool operator==(const RollbackStatus&) const = default;
};
struct Status {
  std::int64_t observed_generation = 0;
  std::string phase{};  // to_text(Phase)
  std::string message{};
  std::string result{};     // Serving, Promoted, RolledBack, Superseded, Failed, Invalid
  std::string available{};  // "2/2", for kubectl get
  std::string weight{};     // "50% (real 33%)", for kubectl get
  std::string step{};       // "1/2", for kubectl get
  std::string url{};
  std::int64_t rollout_generation = 0;  // the generation that asked for the newest rollout; 0: a new version under policy Latest
  std::string runtime{};                // what Auto chose
  Settled settled{};
  kube::Conditions conditions{};  // Accepted, Available, Ready, Reconciling, Stalled, Settled, CanaryHealthy, TrafficConverged, RolledBack
  std::optional<StableStatus> stable{};
  std::optional<CanaryStatus> canary{};
  std::vector<RetiredStatus> retired{};
  std::optional<GoodStatus> last_good{};
  std::vector<RefusedStatus> refused{};
  std::optional<DeferredStatus> deferred{};
  std::string provider{};           // who splits the requests; a change of the spec waits for the end of a rollout
  std::optional<Analysis> rules{};  // of the rollout that goes on, as they were when it began; edits take effect with the next
  std::vector<AnalysisStatus> analysis{};
  std::vector<IntentStatus> intents{};  // last 10, oldest first
  std::optional<PausedStatus> paused{};
  std::optional<RollbackStatus> rollback{};
  std::int64_t supersedes = 0;  // rollouts in a row that gave way to a newer version
  Decision decision{};
  std::vector<History> history{};  // last 20 decisions, oldest first
  static const json::Schema schema;
  bool operator==(const Status&) const = default;
};

}  // namespace millrace::inference_service
