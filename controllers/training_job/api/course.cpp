// Tables of what the spec says of the course of runs: retries, deadlines, what is kept, what is reused.
#include "core/text.h"
#include "training_job/api/spec.h"

namespace millrace::training_job {
namespace {

using json::field;

bool grows(const MemoryGrowth& g) {
  const double factor = core::is_decimal(g.factor.text) ? core::decimal(g.factor.text) : 0;
  return factor > 1 && factor <= 10;
}

bool stalls_late(const Deadlines& d) { return d.stall.count() == 0 || d.stall >= std::chrono::minutes(1); }

constexpr json::Field kGrowth[] = {
    field<&MemoryGrowth::factor>("factor", "By what the memory of train is multiplied: more than 1, at most 10.",
                                 {.example = "1.5", .fallback = "1.5"}),
    field<&MemoryGrowth::limit>("limit", "It never becomes more than this.", {.example = "8Gi", .required = true}),
};
constexpr json::Rule kGrowthRules[] = {
    json::rule<MemoryGrowth, grows>("!has(self.factor) || (double(self.factor) > 1.0 && double(self.factor) <= 10.0)",
                                    "retry.outOfMemory.factor: must be more than 1 and at most 10", R"({"factor":"1.5","limit":"8Gi"})",
                                    R"({"factor":"1","limit":"8Gi"})", "self.factor"),
};
constexpr json::Field kRetry[] = {
    field<&Retry::limit>("limit", "Retries after counted failures: 3 means at most 4 attempts.",
                         {.min = 0, .max = 100, .example = "3", .fallback = "3"}),
    field<&Retry::backoff>("backoff", "Wait before the first retry; doubled each time, at most 10m.",
                           {.min = 0, .max = 600000, .example = "10s", .fallback = "10s"}),
    field<&Retry::disruptions>("disruptions",
                               "Retries after a pod was taken away (drain, preemption, lost node); these do not count against limit.",
                               {.min = 0, .max = 1000, .example = "20", .fallback = "20"}),
    field<&Retry::out_of_memory>("outOfMemory",
                                 "After train ran out of memory its next attempt gets more, where train.resources names memory. "
                                 "Absent: it gets the same."),
};
constexpr json::Field kDeadlines[] = {
    field<&Deadlines::pending>("pending", "From the Job's creation until train runs.",
                               {.min = 1000, .max = 2592000000, .example = "30m", .fallback = "30m"}),
    field<&Deadlines::run>("run", "From the start of train until the Job is done.",
                           {.min = 1000, .max = 2592000000, .example = "6h", .fallback = "6h"}),
    field<&Deadlines::stall>(
        "stall",
        "While train runs: after so long without a new /millrace/progress.json the attempt ends and counts. 0s: never; "
        "else at least 1m. Only where the operator listens for reports.",
        {.min = 0, .max = 2592000000, .example = "15m", .fallback = "0s"}),
};
constexpr json::Rule kDeadlineRules[] = {
    json::rule<Deadlines, stalls_late>(
        "!has(self.stall) || duration(self.stall) == duration('0s') || duration(self.stall) >= duration('1m')",
        "stall: must be 0s (never) or at least 1m", R"({"stall":"15m"})", R"({"stall":"30s"})", "self.stall"),
};
constexpr json::Field kBudget[] = {
    field<&Budget::runs>("runs", "So many runs.", {.min = 1, .max = 50, .example = "5", .required = true}),
    field<&Budget::per>("per", "In any such span.", {.min = 60000, .max = 31536000000, .example = "168h", .required = true}),
};
constexpr json::Field kTriggers[] = {
    field<&Triggers::new_data>("newData", "A run starts when a look at polled sources finds other data.", {.fallback = "false"}),
    field<&Triggers::cooldown>("cooldown", "After a triggered run has ended, no trigger begins another for so long.",
                               {.min = 0, .max = 31536000000, .example = "1h", .fallback = "0s"}),
    field<&Triggers::budget>("budget", "How many runs triggers may begin; absent: any number."),
    field<&Triggers::reject_limit>("rejectLimit",
                                   "After so many refused versions in a row no trigger begins a run, until an input or spec.run is "
                                   "changed or a version is good. 0: no limit.",
                                   {.min = 0, .max = 100, .example = "3", .fallback = "3"}),
};
constexpr json::Field kCheckpointClaim[] = {
    field<&CheckpointClaim::claim_name>(
        "claimName", "PersistentVolumeClaim of the same namespace, writable for train.",
        {.max_length = 253, .pattern = "^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$", .example = "checkpoints", .required = true}),
};
constexpr json::Field kCheckpoint[] = {
    field<&Checkpoint::pvc>("pvc", "A claim; each attempt writes to a folder of its own, <TrainingJob uid>-<run>/a<attempt>.",
                            {.required = true}),
};
constexpr json::Field kWorkspace[] = {
    field<&Workspace::claim_name>(
        "claimName",
        "PersistentVolumeClaim of the same namespace, writable for group 65532 or for all. A run's folder stays until the next run of "
        "the TrainingJob is prepared.",
        {.max_length = 253, .pattern = "^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$", .example = "workspace", .required = true}),
};
constexpr json::Field kCache[] = {
    field<&Cache::enabled>("enabled",
                           "Inputs that a ModelVersion of the model was trained on already are not trained again: result CacheHit, or "
                           "KnownBad when it was rejected. A change of spec.run trains in any case.",
                           {.fallback = "true"}),
    field<&Cache::expire_after>("expireAfter", "Older ModelVersions do not count.",
                                {.min = 60000, .max = 31536000000, .example = "720h", .fallback = "720h"}),
    field<&Cache::trust_tags>("trustTags",
                              "Take image tags and weak data identities for what they name. False: the cache is for runs whose images have "
                              "digests and whose data is strong.",
                              {.fallback = "false"}),
};
constexpr json::Field kKept[] = {
    field<&HistoryLimits::succeeded>("succeeded", "Jobs of so many runs that succeeded are kept, with their pods and logs.",
                                     {.min = 0, .max = 100, .example = "3", .fallback = "3"}),
    field<&HistoryLimits::failed>("failed", "Jobs of so many attempts that failed are kept, with their pods and logs.",
                                  {.min = 0, .max = 100, .example = "3", .fallback = "3"}),
    field<&HistoryLimits::versions>(
        "versions", "So many ModelVersions of its runs are kept; older ones are deleted unless a service uses or could go back to them.",
        {.min = 1, .max = 1000, .example = "20", .fallback = "20"}),
};
constexpr json::Field kMlflowTracking[] = {
    field<&MlflowTracking::uri>("uri", "Address of the MLflow server; train gets it as MLFLOW_TRACKING_URI.",
                                {.max_length = 1024, .pattern = "^https?://[^ ]+$", .example = "http://mlflow:5000", .required = true}),
    field<&MlflowTracking::experiment>("experiment",
                                       "Experiment of the runs, and MLFLOW_EXPERIMENT_NAME of train; the model's name when empty.",
                                       {.max_length = 250, .example = "churn"}),
    field<&MlflowTracking::secret_name>("secretName", "Secret of the same namespace; keys username and password, or token, and ca.crt.",
                                        {.max_length = 253, .pattern = "^([a-z0-9]([-.a-z0-9]*[a-z0-9])?)?$", .example = "mlflow"}),
    field<&MlflowTracking::aliases>("aliases", "Aliases that a version gets in MLflow's registry when it is ready.",
                                    {.max_length = 64, .max_items = 8, .pattern = "^[A-Za-z][-_A-Za-z0-9]*$"}),
};
constexpr json::Field kTracking[] = {
    field<&Tracking::mlflow>("mlflow", "MLflow: a run and a registered version for each ModelVersion that is ready."),
};
constexpr json::Field kVersion[] = {
    field<&VersionTemplate::gates>("gates", "What the metrics must be for the version to be Ready.", {.max_items = 16}),
    field<&VersionTemplate::evaluation>("evaluation", "A Job that measures the version, and the champion beside it, before its gates."),
    field<&VersionTemplate::approval>("approval", "Manual: a person must approve the version before it is Ready.",
                                      {.example = "Manual", .fallback = "Automatic"}),
};

}  // namespace

constinit const json::Schema MemoryGrowth::schema{.doc = "More memory after it was too little.", .fields = kGrowth, .rules = kGrowthRules};
constinit const json::Schema Retry::schema{.doc = "Retries.", .fields = kRetry};
constinit const json::Schema Deadlines::schema{.doc = "Deadlines of one attempt.", .fields = kDeadlines, .rules = kDeadlineRules};
constinit const json::Schema Budget::schema{.doc = "How many runs triggers may begin.", .fields = kBudget};
constinit const json::Schema Triggers::schema{.doc = "What starts runs.", .fields = kTriggers};
constinit const json::Schema CheckpointClaim::schema{.doc = "A claim for checkpoints.", .fields = kCheckpointClaim};
constinit const json::Schema Checkpoint::schema{.doc = "Where checkpoints go.", .fields = kCheckpoint};
constinit const json::Schema Workspace::schema{.doc = "Where inputs are prepared once.", .fields = kWorkspace};
constinit const json::Schema Cache::schema{.doc = "When a former result is taken.", .fields = kCache};
constinit const json::Schema HistoryLimits::schema{.doc = "How much of the past is kept.", .fields = kKept};
constinit const json::Schema MlflowTracking::schema{.doc = "MLflow.", .fields = kMlflowTracking};
constinit const json::Schema Tracking::schema{.doc = "Where runs and versions are made known.", .fields = kTracking};
constinit const json::Schema VersionTemplate::schema{.doc = "What the ModelVersion of a run gets.", .fields = kVersion};

}  // namespace millrace::training_job
