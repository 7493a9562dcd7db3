// InferenceService: serve one model behind one Service, change versions safely, take back what does not start.
// Fields stand here when code obeys them; docs/api says what they mean. Source: D3, D15–D17, D21, D30 of docs/decisions.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "json/schema.h"
#include "kube/model/condition.h"
#include "kube/model/meta.h"
#include "shared/pods.h"

namespace millrace::inference_service {

enum class Policy { Latest, Pinned };
constexpr json::EnumName kPolicies[] = {{0, "Latest"}, {1, "Pinned"}};
constexpr std::span<const json::EnumName> enum_names(Policy) { return kPolicies; }

enum class RuntimeChoice { Auto, MLServer };
constexpr json::EnumName kRuntimes[] = {{0, "Auto"}, {1, "MLServer"}};
constexpr std::span<const json::EnumName> enum_names(RuntimeChoice) { return kRuntimes; }

enum class Provider { Service };
constexpr json::EnumName kProviders[] = {{0, "Service"}};
constexpr std::span<const json::EnumName> enum_names(Provider) { return kProviders; }

enum class Strategy { Canary, Recreate };
constexpr json::EnumName kStrategies[] = {{0, "Canary"}, {1, "Recreate"}};
constexpr std::span<const json::EnumName> enum_names(Strategy) { return kStrategies; }

struct VersionChoice {
  Policy policy = Policy::Latest;
  std::string name{};  // Pinned: the ModelVersion
  static const json::Schema schema;
  bool operator==(const VersionChoice&) const = default;
};
struct Container {  // overrides of the serving container; an empty member keeps the runtime's own
  std::string image{};
  std::vector<std::string> args{};
  std::vector<shared::EnvVar> env{};
  shared::Resources resources{};
  std::string image_pull_policy{};  // Always, IfNotPresent, Never
  static const json::Schema schema;
  bool operator==(const Container&) const = default;
};
struct Route {
  Provider provider = Provider::Service;
  std::int64_t tolerance = 15;  // points by which the real share may miss the weight
  std::string service_name{};   // "": <name>-predict
  static const json::Schema schema;
  bool operator==(const Route&) const = default;
};
struct Step {
  std::int64_t weight = 100;  // percent of the available pods that are canary's
  core::Duration pause{};     // counted from the moment the step's pods were available
  static const json::Schema schema;
  bool operator==(const Step&) const = default;
};
struct Rollout {
  Strategy strategy = Strategy::Canary;
  std::vector<Step> steps{{50, std::chrono::minutes(10)}, {100, core::Duration(0)}};
  std::string max_surge = "100%";  // pods of the canary below weight 100, in percent of stable's
  core::Duration progress_deadline = std::chrono::minutes(10);
  core::Duration place_timeout = std::chrono::hours(1);
  core::Duration bake = std::chrono::minutes(10);
  core::Duration drain = std::chrono::seconds(30);
  std::string restart{};
  static const json::Schema schema;
  bool operator==(const Rollout&) const = default;
};
struct Spec {
  std::string model{};
  VersionChoice version{};
  RuntimeChoice runtime = RuntimeChoice::Auto;
  std::optional<Container> container{};
  std::int64_t replicas = 1;
  Route route{};
  Rollout rollout{};
  static const json::Schema schema;
  bool operator==(const Spec&) const = default;
};

// api.md's phases, as far as this version enters them; clients treat an unknown one as "still working".
enum class Phase { Pending, Deploying, Canary, Promoting, Baking, Serving, RollingBack, RolledBack, Degraded, Failed, Invalid };
constexpr json::EnumName kPhases[] = {{0, "Pending"},  {1, "Deploying"}, {2, "Canary"},      {3, "Promoting"},
                                      {4, "Baking"},   {5, "Serving"},   {6, "RollingBack"}, {7, "RolledBack"},
                                      {8, "Degraded"}, {9, "Failed"},    {10, "Invalid"}};
constexpr std::span<const json::EnumName> enum_names(Phase) { return kPhases; }
std::string to_text(Phase phase);

struct StableStatus {  // the revision that the entry serves at rest
  std::string version{}, revision{};
  std::int64_t replicas = 0, ready = 0;
  std::optional<core::Instant> since{};       // promoted
  std::optional<core::Instant> bake_until{};  // while it bakes
  static const json::Schema schema;
  bool operator==(const StableStatus&) const = default;
};
struct CanaryStatus {  // the revision that is on its way in (on a first deploy too)
  std::string version{}, revision{};
  std::int64_t step = 0;              // index into steps
  std::int64_t weight = 0;            // wanted share in percent
  std::int64_t effective_weight = 0;  // real share by available pods
  std::int64_t replicas = 0, ready = 0;
  std::vector<Step> steps{};  // frozen when it began: edits take effect with the next rollout
  core::Instant started_at{};
  std::optional<core::Instant> step_started_at{};  // since when this step's pods are available and routed
  std::optional<core::Instant> progress_since{};   // all pods scheduled and pulled, not yet available: progressDeadline runs
  std::optional<core::Instant> place_since{};      // waits for the place
  std::string cause{};                             // why it waits for the place, one sentence
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
  Decision decision{};
  std::vector<History> history{};  // last 20 decisions, oldest first
  static const json::Schema schema;
  bool operator==(const Status&) const = default;
};

struct InferenceService {
  kube::ObjectMeta meta{};
  Spec spec{};
  Status status{};
  static constexpr const kube::Resource& kResource = kube::resources::kInferenceService;
  static const json::Schema schema;
  std::string_view group() const { return spec.model; }  // World::grouped
  bool operator==(const InferenceService&) const = default;
};

// Says whether this service follows the version: Latest of its model, or pinned to its name. For the ModelVersion's Settled (D6).
bool follows(const InferenceService& service, std::string_view model, std::string_view version);

// The version that gates compare with (D24): the stable one, else the last good one; "": none yet.
std::string champion_of(const Status& status);

}  // namespace millrace::inference_service
