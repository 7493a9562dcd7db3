// ModelVersion: one model, for ever the same. Spec is immutable but for approval, quarantine and deletionPolicy (D26); made by a
// TrainingJob
// ("<model>-v<N>") or by hand.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "json/schema.h"
#include "kube/model/condition.h"
#include "kube/model/meta.h"
#include "shared/pods.h"

namespace millrace::model_version {

struct Artifact {
  std::string uri{};          // pvc://<claim>/<path>, s3://<bucket>/<key>, https://…
  std::string digest{};       // sha256:<hex>, as docs/pods.md defines it
  std::int64_t size = 0;      // bytes; 0: not told
  std::string format{};       // sklearn, xgboost, …
  std::string secret_name{};  // of who reads it: verify Jobs and serving pods
  static const json::Schema schema;
  bool operator==(const Artifact&) const = default;
};
struct DataProvenance {
  std::string name{}, uri{};
  std::string repo{}, path{}, remote{}, commit{};  // of a dvc source
  std::string identity{}, strength{}, sha256{};
  static const json::Schema schema;
  bool operator==(const DataProvenance&) const = default;
};
struct CodeProvenance {
  std::string repo{}, commit{};
  static const json::Schema schema;
  bool operator==(const CodeProvenance&) const = default;
};
struct ImageProvenance {
  std::string container{}, image{}, image_id{};
  static const json::Schema schema;
  bool operator==(const ImageProvenance&) const = default;
};
struct Provenance {
  std::string training_job{}, training_job_uid{};
  std::int64_t run = 0;
  std::string input_hash{};
  std::vector<DataProvenance> data{};
  std::optional<CodeProvenance> code{};
  std::vector<ImageProvenance> images{};
  json::StringMap parameters{};
  static const json::Schema schema;
  bool operator==(const Provenance&) const = default;
};
// What a registry outside is told of a run: tags of our own names, and git's where MLflow has names for them. `more`: the caller's own.
// What has no text has no tag. Without a provenance (nullptr) there is only `more`.
json::StringMap registry_tags(const Provenance* provenance, const json::StringMap& more);

struct ChampionGate {                        // against whom a service has in place (D24)
  std::string service{};                     // "": the only InferenceService of the model
  std::optional<json::Decimal> min_delta{};  // value minus the champion's value, at least; absent: 0
  static const json::Schema schema;
  bool operator==(const ChampionGate&) const = default;
};
struct Gate {
  std::string metric{};
  std::optional<json::Decimal> min{}, max{};
  std::optional<ChampionGate> champion{};
  static const json::Schema schema;
  bool operator==(const Gate&) const = default;
};
struct EvaluationData {  // read-only at /millrace/data/<name>
  std::string name{};    // without uri: data of the run, as it was pinned for it
  std::string uri{}, digest{}, secret_name{};
  static const json::Schema schema;
  bool operator==(const EvaluationData&) const = default;
};
struct Evaluation {  // a Job that measures the version, and the champion beside it, on the same data
  shared::Step step{};
  std::vector<EvaluationData> data{};
  static const json::Schema schema;
  bool operator==(const Evaluation&) const = default;
};

struct MlflowRegistry {
  std::string uri{}, experiment{}, model{}, secret_name{};  // experiment, model: empty: spec.model
  std::vector<std::string> aliases{};
  static const json::Schema schema;
  bool operator==(const MlflowRegistry&) const = default;
};
struct Registry {  // where the version is made known, once it is ready
  MlflowRegistry mlflow{};
  static const json::Schema schema;
  bool operator==(const Registry&) const = default;
};

enum class ApprovalPolicy { Automatic, Manual };
constexpr json::EnumName kApprovalPolicies[] = {{0, "Automatic"}, {1, "Manual"}};
constexpr std::span<const json::EnumName> enum_names(ApprovalPolicy) { return kApprovalPolicies; }

enum class ApprovalDecision { Pending, Approved, Rejected };
constexpr json::EnumName kApprovalDecisions[] = {{0, "Pending"}, {1, "Approved"}, {2, "Rejected"}};
constexpr std::span<const json::EnumName> enum_names(ApprovalDecision) { return kApprovalDecisions; }

struct Approval {  // a person's word; who may give it, admission decides (D9)
  ApprovalPolicy policy = ApprovalPolicy::Automatic;
  ApprovalDecision decision = ApprovalDecision::Pending;
  std::string by{}, reason{};
  static const json::Schema schema;
  bool operator==(const Approval&) const = default;
};
struct Quarantine {
  bool active = false;
  std::string reason{};
  static const json::Schema schema;
  bool operator==(const Quarantine&) const = default;
};
enum class DeletionPolicy { Retain, Delete };
constexpr json::EnumName kDeletionPolicies[] = {{0, "Retain"}, {1, "Delete"}};
constexpr std::span<const json::EnumName> enum_names(DeletionPolicy) { return kDeletionPolicies; }

struct Spec {
  std::string model{};
  std::int64_t version = 0;
  Artifact artifact{};
  std::optional<Provenance> provenance{};
  json::StringMap metrics{};  // decimals as text
  std::vector<Gate> gates{};
  std::optional<Evaluation> evaluation{};
  std::optional<Registry> registry{};
  Approval approval{};
  Quarantine quarantine{};
  DeletionPolicy deletion_policy = DeletionPolicy::Retain;
  static const json::Schema schema;
  bool operator==(const Spec&) const = default;
};

enum class Phase { Pending, Verifying, Evaluating, AwaitingApproval, Ready, Rejected, Quarantined };
constexpr json::EnumName kPhases[] = {{0, "Pending"}, {1, "Verifying"}, {2, "Evaluating"}, {3, "AwaitingApproval"},
                                      {4, "Ready"},   {5, "Rejected"},  {6, "Quarantined"}};
constexpr std::span<const json::EnumName> enum_names(Phase) { return kPhases; }

struct Champion {  // whom a gate compared with: its verdict is valid against that one only
  std::string service{}, version{}, digest{}, value{};
  static const json::Schema schema;
  bool operator==(const Champion&) const = default;
};
struct GateVerdict {
  // verdict: Passed, Failed, MissingMetric, NotMeasured, NoChampion (passes), AmbiguousChampion, ChampionNotMeasured
  std::string metric{}, value{}, rule{}, verdict{};
  std::optional<Champion> champion{};
  static const json::Schema schema;
  bool operator==(const GateVerdict&) const = default;
};
struct Measurement {                 // what an evaluation told, of the version and of the champion beside it
  std::string champion{}, digest{};  // version and bytes of the champion; empty: there was none
  json::StringMap numbers{}, champion_numbers{};
  static const json::Schema schema;
  bool operator==(const Measurement&) const = default;
};
struct RegistryStatus {
  std::string mlflow_run_id{}, version{};
  std::vector<std::string> aliases{};
  static const json::Schema schema;
  bool operator==(const RegistryStatus&) const = default;
};
struct Serving {
  std::string service{}, role{}, verdict{};  // role: Stable, Canary, None; verdict: Untried, Good, Bad
  std::string revision{};                    // the revision that the verdict was earned with
  core::Instant since{};
  std::string evidence{};
  static const json::Schema schema;
  bool operator==(const Serving&) const = default;
};
struct Settled {
  std::int64_t generation = 0;
  std::string version{}, result{};
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
  std::string result{};   // Ready, Promoted, RolledBack, Superseded, Rejected, Quarantined, Invalid
  std::string origin{};   // Run, Manual
  std::string verdict{};  // Untried, Good, Bad: Bad if any service says so, else Good if any
  std::string score{};    // the first gate's metric or the first metric, for kubectl get
  Settled settled{};
  kube::Conditions conditions{};  // Accepted, Ready, Reconciling, Stalled, Settled, Verified, Validated, Approved, RegistrySynced
  std::vector<GateVerdict> gates{};
  std::vector<Measurement> measured{};  // oldest first, one per champion
  std::optional<RegistryStatus> registry{};
  std::vector<Serving> serving{};
  std::vector<History> history{};  // last 20 decisions, oldest first
  static const json::Schema schema;
  bool operator==(const Status&) const = default;
};

struct ModelVersion {
  kube::ObjectMeta meta{};
  Spec spec{};
  Status status{};
  static constexpr const kube::Resource& kResource = kube::resources::kModelVersion;
  static const json::Schema schema;
  std::string_view group() const { return spec.model; }  // World::grouped
  bool operator==(const ModelVersion&) const = default;
};

// Made by a TrainingJob: the bytes were hashed, and the numbers measured, by the run that published them.
inline bool is_of_run(const Spec& spec) { return spec.provenance && !spec.provenance->training_job.empty(); }
std::string registered_model(const Spec& spec);  // of a spec with a registry
inline bool is_approved(const Spec& spec) { return spec.approval.decision == ApprovalDecision::Approved; }
inline bool has_champion_gate(const Spec& spec) {
  return std::any_of(spec.gates.begin(), spec.gates.end(), [](const Gate& g) { return g.champion.has_value(); });
}

// Finalizers of a version (D39): while a service names it stable, canary or last good; while its bytes are to go with it.
inline constexpr std::string_view kInUseFinalizer = "millrace.dev/in-use", kArtifactFinalizer = "millrace.dev/artifact";
inline bool has_finalizer(const kube::ObjectMeta& meta, std::string_view name) {
  return std::find(meta.finalizers.begin(), meta.finalizers.end(), name) != meta.finalizers.end();
}

// Two versions are one champion when they are the same bytes.
inline bool is_same(const Champion& a, const Champion& b) { return a.version == b.version || (!a.digest.empty() && a.digest == b.digest); }

// Annotation on a ModelVersion that outlives status (D21): what was judged against whom, since the world has moved on by now. JSON.
inline constexpr std::string_view kJudgedAnnotation = "millrace.dev/judged";

// Annotation on a ModelVersion that outlives status (D21), one entry per service, "; " between:
// "<service>=Good|Bad@<RFC 3339>#<revision>". Written by the ModelVersion's own controller only.
inline constexpr std::string_view kVerdictAnnotation = "millrace.dev/verdict";

}  // namespace millrace::model_version
