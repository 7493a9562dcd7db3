// Spec of a TrainingJob: which data, which commands, which parameters, where the result goes. Fields stand here when code obeys them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "json/schema.h"
#include "model_version/api/model_version.h"
#include "shared/pods.h"

namespace millrace::training_job {

struct DvcSource {                    // a path that DVC or git tracks in a repository
  std::string repo{}, rev{}, path{};  // rev empty: the default branch
  std::string remote{};               // of .dvc/config; empty: the default one
  std::string secret_name{};          // keys username and password, token, ssh-privatekey and known_hosts, AWS_…, ca.crt
  static const json::Schema schema;
  bool operator==(const DvcSource&) const = default;
};
struct DataSource {  // read-only at /millrace/data/<name>; exactly one of uri and dvc
  std::string name{}, uri{};
  std::string digest{};       // sha256:<hex>: what the bytes must be; makes a source strong (D11)
  std::string secret_name{};  // of the uri
  std::optional<DvcSource> dvc{};
  core::Duration poll_interval{0};  // 0: not polled; else at least 1m (D12)
  static const json::Schema schema;
  bool operator==(const DataSource&) const = default;
};
struct CodeSource {  // read-only at /millrace/code
  std::string repo{}, rev = "HEAD", secret_name{};
  static const json::Schema schema;
  bool operator==(const CodeSource&) const = default;
};
struct PvcStore {
  std::string claim_name{}, path{};
  static const json::Schema schema;
  bool operator==(const PvcStore&) const = default;
};
struct Store {                // exactly one of uri and pvc
  std::string uri{};          // s3://<bucket>[/<prefix>]
  std::string secret_name{};  // of the uri: publish, verify Jobs and serving pods use it
  std::optional<PvcStore> pvc{};
  static const json::Schema schema;
  bool operator==(const Store&) const = default;
};
// s3://bucket/prefix, pvc://claim/path or pvc://claim.
std::string store_uri(const Store& store);
struct Output {
  std::string format{};  // sklearn, xgboost, …
  Store store{};
  std::vector<std::string> metrics{};  // names that reach the ModelVersion
  json::Quantity max_size{"1Gi"};
  core::Duration upload_timeout = std::chrono::minutes(30);
  static const json::Schema schema;
  bool operator==(const Output&) const = default;
};
struct MemoryGrowth {  // after train ran out of memory
  json::Decimal factor{"1.5"};
  json::Quantity limit{};
  static const json::Schema schema;
  bool operator==(const MemoryGrowth&) const = default;
};
struct Retry {
  std::int64_t limit = 3;  // retries: 3 = at most 4 counted attempts
  core::Duration backoff = std::chrono::seconds(10);
  std::int64_t disruptions = 20;
  std::optional<MemoryGrowth> out_of_memory{};
  static const json::Schema schema;
  bool operator==(const Retry&) const = default;
};
struct Deadlines {
  core::Duration pending = std::chrono::minutes(30);
  core::Duration run = std::chrono::hours(6);
  core::Duration stall{0};
  static const json::Schema schema;
  bool operator==(const Deadlines&) const = default;
};
struct PodOverrides {  // D13
  std::string service_account_name{};
  static const json::Schema schema;
  bool operator==(const PodOverrides&) const = default;
};
struct Budget {  // so many triggered runs in any such span
  std::int64_t runs = 0;
  core::Duration per{0};
  static const json::Schema schema;
  bool operator==(const Budget&) const = default;
};
struct Triggers {  // what starts a run without a change of spec (D22)
  bool new_data = false;
  core::Duration cooldown{0};
  std::optional<Budget> budget{};
  std::int64_t reject_limit = 3;
  static const json::Schema schema;
  bool operator==(const Triggers&) const = default;
};
struct CheckpointClaim {
  std::string claim_name{};
  static const json::Schema schema;
  bool operator==(const CheckpointClaim&) const = default;
};
struct Checkpoint {  // where attempts leave what the next goes on from (D20)
  CheckpointClaim pvc{};
  static const json::Schema schema;
  bool operator==(const Checkpoint&) const = default;
};
struct Cache {  // of results, by inputHash (D11)
  bool enabled = true;
  core::Duration expire_after = std::chrono::hours(720);
  bool trust_tags = false;
  static const json::Schema schema;
  bool operator==(const Cache&) const = default;
};
struct HistoryLimits {                     // what is kept
  std::int64_t succeeded = 3, failed = 3;  // Jobs: of runs that succeeded, of attempts that failed
  std::int64_t versions = 20;
  static const json::Schema schema;
  bool operator==(const HistoryLimits&) const = default;
};
struct MlflowTracking {
  std::string uri{}, experiment{}, secret_name{};
  std::vector<std::string> aliases{};
  static const json::Schema schema;
  bool operator==(const MlflowTracking&) const = default;
};
struct Tracking {  // where train logs, and where versions are made known
  std::optional<MlflowTracking> mlflow{};
  static const json::Schema schema;
  bool operator==(const Tracking&) const = default;
};
struct VersionTemplate {  // what the ModelVersion of a run gets
  std::vector<model_version::Gate> gates{};
  std::optional<model_version::Evaluation> evaluation{};
  model_version::ApprovalPolicy approval = model_version::ApprovalPolicy::Automatic;
  static const json::Schema schema;
  bool operator==(const VersionTemplate&) const = default;
};

enum class Prepare { PerPod, Once };
constexpr json::EnumName kPrepares[] = {{0, "PerPod"}, {1, "Once"}};
constexpr std::span<const json::EnumName> enum_names(Prepare) { return kPrepares; }

struct Workspace {  // what is prepared once lies here: <uid>/r<run>-a<attempt>
  std::string claim_name{};
  static const json::Schema schema;
  bool operator==(const Workspace&) const = default;
};

enum class Framework { Plain };
constexpr json::EnumName kFrameworks[] = {{0, "Plain"}};
constexpr std::span<const json::EnumName> enum_names(Framework) { return kFrameworks; }

struct Spec {
  std::string model{};
  std::string run{};  // change it to ask for a run now
  std::vector<DataSource> data{};
  std::optional<CodeSource> code{};
  std::optional<shared::Step> preprocess{};
  shared::Step train{};
  std::optional<shared::Step> evaluate{};
  json::StringMap parameters{};
  Framework framework = Framework::Plain;
  std::int64_t workers = 1;
  Prepare prepare = Prepare::PerPod;
  std::optional<Workspace> workspace{};  // Once
  PodOverrides pod{};
  Output output{};
  Retry retry{};
  Deadlines deadlines{};
  Triggers triggers{};
  bool suspend = false;
  HistoryLimits history{};
  Cache cache{};
  Tracking tracking{};
  std::optional<Checkpoint> checkpoint{};
  VersionTemplate version{};
  static const json::Schema schema;
  bool operator==(const Spec&) const = default;
};

}  // namespace millrace::training_job
