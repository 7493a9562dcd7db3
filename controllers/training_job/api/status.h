// Status of a TrainingJob: the write-ahead log of its decisions. Times are instants of decisions or come from pods and Jobs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "json/schema.h"
#include "kube/model/condition.h"

namespace millrace::training_job {

struct DataStatus {  // one pinned source
  std::string name{}, uri{}, identity{};
  std::string repo{}, path{}, remote{}, commit{};  // of a dvc source
  std::string strength{};                          // Strong, Weak
  std::string sha256{};                            // of the bytes that a successful run read, sha256:<hex>
  std::int64_t size = 0;                           // bytes
  std::optional<core::Instant> resolved_at{};
  static const json::Schema schema;
  bool operator==(const DataStatus&) const = default;
};
struct CodeStatus {
  std::string repo{}, commit{};
  static const json::Schema schema;
  bool operator==(const CodeStatus&) const = default;
};
struct ResolveStatus {                   // a look at the data
  std::int64_t number = 0;               // of the newest resolver Job made here
  std::string job{};                     // the resolver Job that looks: this TrainingJob's, or one that another shares with it
  std::string asked{};                   // hash of what the spec asked for when it began, h1:…
  std::string outcome{};                 // "" while it goes, Resolved, Failed (an input is wrong), Retry (the place was)
  std::optional<core::Instant> since{};  // when it began
  std::string reason{}, message{};
  std::int64_t failures = 0;  // of the place, in a row
  std::optional<core::Instant> next_at{};
  static const json::Schema schema;
  bool operator==(const ResolveStatus&) const = default;
};
struct RecoverStatus {  // of a result that publish has told nobody (D14)
  std::int64_t number = 0;
  std::string job{};
  std::optional<core::Instant> next_at{};  // the place was wrong: the next look
  std::string message{};
  static const json::Schema schema;
  bool operator==(const RecoverStatus&) const = default;
};
struct PreparedStatus {      // inputs on a workspace that attempts share
  std::int64_t attempt = 0;  // that prepared them; 0: none yet
  std::string claim{};       // the workspace; empty: each attempt prepares its own
  static const json::Schema schema;
  bool operator==(const PreparedStatus&) const = default;
};
struct ProgressStatus {   // of the attempt that trains, as its pod told it; empty: nothing was told
  std::string percent{};  // for kubectl get
  std::int64_t done = 0, total = 0;
  json::StringMap metrics{};
  std::optional<core::Instant> time{};   // when it was taken down
  std::optional<core::Instant> since{};  // of the first report, and what was done by then: eta counts from there
  std::int64_t from = 0;
  static const json::Schema schema;
  bool operator==(const ProgressStatus&) const = default;
};
struct RunStatus {
  std::int64_t number = 0;
  std::string input_hash{};  // h1:…
  std::string requested{};   // the value of spec.run that it answered
  std::string asked{};       // hash of what the spec asked for, as in resolve
  std::string trigger{};     // Spec, NewData
  std::string model{};       // the lineage that it extends; empty in a status of before: that of the spec
  std::int64_t attempt = 0;
  std::string job{};    // of the attempt
  std::string state{};  // Preparing (once for all attempts), Training, Waiting (between attempts), Resolving (data moved), Suspending,
                        // Suspended, Recovering, …
  std::optional<core::Instant> next_at{};   // Waiting: when the next attempt starts
  std::optional<core::Instant> train_at{};  // when train of this attempt started
  std::int64_t counted = 0, disruptions = 0, data_changes = 0;
  ProgressStatus progress{};
  std::optional<core::Instant> eta{};  // of the end of train, by progress
  std::string memory{};                // of train in this attempt, after it was too little; empty: as the spec says
  RecoverStatus recover{};             // state Recovering
  PreparedStatus prepared{};
  std::int64_t version = 0;  // reserved number, 0: none yet
  std::string digest{};
  std::int64_t size = 0;
  json::StringMap metrics{};
  json::StringMap images{};         // container → image that really ran
  std::string reason{}, message{};  // of its end
  std::string mlflow_run_id{};      // of a run that failed or was rejected, which MLflow was told of
  std::optional<core::Instant> start_time{}, completion_time{};
  static const json::Schema schema;
  bool operator==(const RunStatus&) const = default;
};
struct CacheStatus {        // what answers the spec instead of a run; empty: the newest run does
  std::string asked{};      // as in run
  std::string requested{};  // the value of spec.run then
  std::string input_hash{};
  std::string version{};            // the ModelVersion that was trained on the same
  std::string result{}, message{};  // CacheHit, KnownBad
  static const json::Schema schema;
  bool operator==(const CacheStatus&) const = default;
};
struct TriggerStatus {  // what a trigger asked for, and what came of it
  std::string kind{};   // NewData
  core::Instant time{};
  std::int64_t run = 0;  // that it began; 0: none
  std::string reason{}, message{};
  static const json::Schema schema;
  bool operator==(const TriggerStatus&) const = default;
};
struct BudgetStatus {
  std::int64_t used = 0, limit = 0;
  std::optional<core::Instant> resets_at{};  // when the oldest of the used ones no longer counts
  static const json::Schema schema;
  bool operator==(const BudgetStatus&) const = default;
};
struct AttemptStatus {  // one that failed
  std::int64_t run = 0, number = 0;
  std::string reason{}, pod{}, container{}, message{};
  std::int64_t exit_code = 0, signal = 0;
  std::optional<core::Instant> start_time{}, finish_time{};
  static const json::Schema schema;
  bool operator==(const AttemptStatus&) const = default;
};
struct Settled {
  std::int64_t generation = 0, run = 0;
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
  std::string result{};  // VersionReady, VersionRejected, AwaitingApproval, CacheHit, KnownBad, Failed, Suspended, Invalid; valid together
                         // with settled
  Settled settled{};
  kube::Conditions conditions{};  // Accepted, Ready, Reconciling, Stalled, Settled, DataReady, Running, Succeeded, Registered, Reproducible
  std::vector<DataStatus> data{};
  std::optional<CodeStatus> code{};
  ResolveStatus resolve{};             // the look that the spec asked for
  ResolveStatus poll{};                // the newest look for new data (D12): outcome Retry between two looks
  std::vector<DataStatus> new_data{};  // what a poll found instead of data, until a run takes it
  std::optional<CodeStatus> new_code{};
  RunStatus run{};
  CacheStatus cache{};
  std::vector<TriggerStatus> triggers{};  // last 100, oldest first
  BudgetStatus budget{};
  std::optional<core::Instant> next_run_time{};  // before then no trigger begins a run that waits
  std::vector<AttemptStatus> attempts{};         // last 20 that failed, oldest first
  std::string model_version{};                   // of the newest successful run, or the one that the cache told
  std::int64_t highest_version = 0;              // the highest number ever reserved here
  std::vector<History> history{};                // last 20 decisions, oldest first
  static const json::Schema schema;
  bool operator==(const Status&) const = default;
};

}  // namespace millrace::training_job
