#include "training_job/api/status.h"

namespace millrace::training_job {
namespace {

using json::field;

constexpr json::Field kData[] = {
    field<&DataStatus::name>("name", "Name of the source.", {.required = true}),
    field<&DataStatus::uri>("uri", "Where it was found."),
    field<&DataStatus::identity>("identity", "What it was: a hash of its content, a version, or ETag, size and time."),
    field<&DataStatus::repo>("repo", "Repository of a dvc source."),
    field<&DataStatus::path>("path", "Path in the repository."),
    field<&DataStatus::remote>("remote", "Remote of the repository that the bytes come from, when the source names one."),
    field<&DataStatus::commit>("commit", "Commit that it was found in."),
    field<&DataStatus::strength>("strength", "Strong: the identity is made of the bytes. Weak: of what the server says of them."),
    field<&DataStatus::sha256>("sha256", "Digest of the bytes that the run read; empty until it has succeeded."),
    field<&DataStatus::size>("size", "Bytes; 0: not told."),
    field<&DataStatus::resolved_at>("resolvedAt", "When it was looked up."),
};
constexpr json::Field kCode[] = {
    field<&CodeStatus::repo>("repo", "Repository of the code."),
    field<&CodeStatus::commit>("commit", "Commit that the run is pinned to."),
};
constexpr json::Field kResolve[] = {
    field<&ResolveStatus::number>("number", "How many looks there were."),
    field<&ResolveStatus::job>("job", "The resolver Job, which other TrainingJobs may share."),
    field<&ResolveStatus::asked>("asked", "Hash of what the spec asked for when it began."),
    field<&ResolveStatus::outcome>("outcome", "Empty while it goes; Resolved, Failed, Retry."),
    field<&ResolveStatus::since>("since", "When it began."),
    field<&ResolveStatus::reason>("reason", "Why it failed."),
    field<&ResolveStatus::message>("message", "The sentence of server or store."),
    field<&ResolveStatus::failures>("failures", "Failures of the place in a row."),
    field<&ResolveStatus::next_at>("nextAt", "When it is tried again."),
};
constexpr json::Field kRecover[] = {
    field<&RecoverStatus::number>("number", "How many looks there were."),
    field<&RecoverStatus::job>("job", "The Job that looks."),
    field<&RecoverStatus::next_at>("nextAt", "When it is tried again."),
    field<&RecoverStatus::message>("message", "Why the last look failed."),
};
constexpr json::Field kPrepared[] = {
    field<&PreparedStatus::attempt>("attempt", "The attempt that prepared them."),
    field<&PreparedStatus::claim>("claimName", "The workspace."),
};
constexpr json::Field kProgress[] = {
    field<&ProgressStatus::percent>("percent", "How much is done, for kubectl get."),
    field<&ProgressStatus::done>("done", "How much is done, as train told it."),
    field<&ProgressStatus::total>("total", "Of so much."),
    field<&ProgressStatus::metrics>("metrics", "Newest values of the metrics that output.metrics or gates name.", {.max_properties = 64}),
    field<&ProgressStatus::time>("time", "When this was taken down; the next is, at the earliest, 30 s later."),
    field<&ProgressStatus::since>("since", "When the first report of the attempt was told."),
    field<&ProgressStatus::from>("from", "How much was done by then."),
};
constexpr json::Field kRun[] = {
    field<&RunStatus::number>("number", "Number of the run."),
    field<&RunStatus::input_hash>("inputHash", "Identity of its inputs."),
    field<&RunStatus::requested>("requested", "The value of spec.run that it answered."),
    field<&RunStatus::asked>("asked", "Hash of what the spec asked for."),
    field<&RunStatus::trigger>("trigger", "What asked for it: Spec, NewData."),
    field<&RunStatus::model>("model", "The lineage that it extends."),
    field<&RunStatus::attempt>("attempt", "Number of the attempt."),
    field<&RunStatus::job>("job", "Job of the attempt."),
    field<&RunStatus::state>("state",
                             "Preparing, Training, Waiting, Resolving, Suspending, Suspended, Recovering, Registering, Done, Failed."),
    field<&RunStatus::next_at>("nextAt", "Before then no attempt starts."),
    field<&RunStatus::train_at>("trainStartTime", "When train of this attempt started."),
    field<&RunStatus::counted>("counted", "Failed attempts that count against retry.limit."),
    field<&RunStatus::disruptions>("disruptions", "Attempts whose pod was taken away."),
    field<&RunStatus::data_changes>("dataChanges", "Attempts that met other bytes than were pinned."),
    field<&RunStatus::progress>("progress", "How far train is, as its pod tells it.", {.is_volatile = true}),
    field<&RunStatus::eta>("eta", "When train is done, if it goes on as it did since its first report.", {.is_volatile = true}),
    field<&RunStatus::memory>("memory", "Memory of train in this attempt, after less was too little."),
    field<&RunStatus::recover>("recover", "The look for a result that publish has told nobody."),
    field<&RunStatus::prepared>("prepared", "Inputs that were prepared once for all attempts."),
    field<&RunStatus::version>("version", "Number that was reserved for its ModelVersion."),
    field<&RunStatus::digest>("digest", "Digest of the model."),
    field<&RunStatus::size>("size", "Bytes of the model."),
    field<&RunStatus::metrics>("metrics", "Metrics that were reported, as decimals.", {.max_properties = 64}),
    field<&RunStatus::images>("images", "Image that really ran, by container.", {.max_properties = 16}),
    field<&RunStatus::reason>("reason", "How it ended."),
    field<&RunStatus::message>("message", "How it ended, in a sentence."),
    field<&RunStatus::mlflow_run_id>("mlflowRunId",
                                     "The run in MLflow, when it failed or its version was rejected; others stand in their ModelVersion."),
    field<&RunStatus::start_time>("startTime", "When it was decided."),
    field<&RunStatus::completion_time>("completionTime", "When it ended."),
};
constexpr json::Field kCached[] = {
    field<&CacheStatus::asked>("asked", "Hash of what the spec asked for."),
    field<&CacheStatus::requested>("requested", "The value of spec.run at that time."),
    field<&CacheStatus::input_hash>("inputHash", "Identity of the inputs."),
    field<&CacheStatus::version>("version", "The ModelVersion that was trained on the same."),
    field<&CacheStatus::result>("result", "CacheHit, KnownBad."),
    field<&CacheStatus::message>("message", "The same in a sentence."),
};
constexpr json::Field kTrigger[] = {
    field<&TriggerStatus::kind>("kind", "NewData."),
    field<&TriggerStatus::time>("time", "When it was decided."),
    field<&TriggerStatus::run>("run", "The run that it began; 0: none."),
    field<&TriggerStatus::reason>("reason", "Running, or why it began none: CacheHit, KnownBad, Cooldown, BudgetExhausted, RejectLimit."),
    field<&TriggerStatus::message>("message", "The same in a sentence."),
};
constexpr json::Field kBudget[] = {
    field<&BudgetStatus::used>("used", "Triggered runs in the span that ends now."),
    field<&BudgetStatus::limit>("limit", "triggers.budget.runs."),
    field<&BudgetStatus::resets_at>("resetsAt", "When the oldest of them no longer counts."),
};
constexpr json::Field kAttempt[] = {
    field<&AttemptStatus::run>("run", "Number of the run."),
    field<&AttemptStatus::number>("number", "Number of the attempt."),
    field<&AttemptStatus::reason>("reason", "Why it failed."),
    field<&AttemptStatus::pod>("pod", "The pod that failed first."),
    field<&AttemptStatus::container>("container", "The container that failed first."),
    field<&AttemptStatus::message>("message", "The cause in a sentence."),
    field<&AttemptStatus::exit_code>("exitCode", "Exit code of that container."),
    field<&AttemptStatus::signal>("signal", "Signal that ended it."),
    field<&AttemptStatus::start_time>("startTime", "When its Job was made."),
    field<&AttemptStatus::finish_time>("finishTime", "When it was seen to have failed."),
};
constexpr json::Field kSettled[] = {
    field<&Settled::generation>("generation", "The metadata.generation that the verdict is about."),
    field<&Settled::run>("run", "The run that it is about."),
    field<&Settled::version>("version", "Its ModelVersion."),
    field<&Settled::result>("result", "VersionReady, VersionRejected, AwaitingApproval, CacheHit, KnownBad, Failed, Suspended, Invalid."),
    field<&Settled::at>("at", "Since when."),
};
constexpr json::Field kHistory[] = {
    field<&History::time>("time", "When it was decided."),
    field<&History::reason>("reason", "One word for programs."),
    field<&History::message>("message", "One sentence for people."),
};
constexpr json::Field kStatus[] = {
    field<&Status::observed_generation>("observedGeneration", "The metadata.generation that this status is about."),
    field<&Status::phase>(
        "phase", "Pending, ResolvingData, Running, Retrying, Succeeded, Failed, Suspended, Invalid; take an unknown one as still working."),
    field<&Status::message>("message", "One sentence: what goes on, or what is wrong.", {.max_length = 1024}),
    field<&Status::result>(
        "result",
        "VersionReady, VersionRejected, AwaitingApproval, CacheHit, KnownBad, Failed, Suspended, Invalid; valid while Settled is True."),
    field<&Status::settled>("settled", "What the verdict is about."),
    field<&Status::conditions>("conditions",
                               "Accepted, Ready, Reconciling, Stalled, Settled, DataReady, Running, Succeeded, Registered, Reproducible.",
                               {.max_items = 16, .list_key = "type"}),
    field<&Status::data>("data", "The pinned sources of the newest run.", {.max_items = 16, .list_key = "name"}),
    field<&Status::code>("code", "The pinned code of the newest run."),
    field<&Status::resolve>("resolve", "The newest look at the data."),
    field<&Status::poll>("poll", "The newest look for new data."),
    field<&Status::new_data>("newData", "What a poll found, until a run takes it.", {.max_items = 16, .list_key = "name"}),
    field<&Status::new_code>("newCode", "The code's commit at that time."),
    field<&Status::run>("run", "The newest run."),
    field<&Status::cache>("cache", "What answers the spec instead of a run; empty: the newest run does."),
    field<&Status::triggers>("triggers", "The last 100 things that triggers asked for, oldest first.", {.max_items = 100}),
    field<&Status::budget>("budget", "What is left of triggers.budget."),
    field<&Status::next_run_time>("nextRunTime", "When a trigger that waits begins its run."),
    field<&Status::attempts>("attempts", "The last 20 attempts that failed or were suspended, oldest first.", {.max_items = 20}),
    field<&Status::model_version>("modelVersion", "ModelVersion of the newest successful run, or the one that the cache told."),
    field<&Status::highest_version>("highestVersion", "The highest version number that was reserved here."),
    field<&Status::history>("history", "The last 20 decisions, oldest first.", {.max_items = 20}),
};

}  // namespace

constinit const json::Schema DataStatus::schema{.doc = "One pinned source.", .fields = kData};
constinit const json::Schema CodeStatus::schema{.doc = "The pinned code.", .fields = kCode};
constinit const json::Schema ResolveStatus::schema{.doc = "The newest look at the data.", .fields = kResolve};
constinit const json::Schema RecoverStatus::schema{.doc = "A look for a result.", .fields = kRecover};
constinit const json::Schema PreparedStatus::schema{.doc = "Prepared inputs.", .fields = kPrepared};
constinit const json::Schema ProgressStatus::schema{.doc = "How far an attempt is.", .fields = kProgress};
constinit const json::Schema RunStatus::schema{.doc = "The newest run.", .fields = kRun};
constinit const json::Schema CacheStatus::schema{.doc = "A former result that answers the spec.", .fields = kCached};
constinit const json::Schema TriggerStatus::schema{.doc = "What a trigger asked for.", .fields = kTrigger};
constinit const json::Schema BudgetStatus::schema{.doc = "What is left of the budget.", .fields = kBudget};
constinit const json::Schema AttemptStatus::schema{.doc = "An attempt that failed.", .fields = kAttempt};
constinit const json::Schema Settled::schema{.doc = "What the verdict is about.", .fields = kSettled};
constinit const json::Schema History::schema{.doc = "One decision.", .fields = kHistory};
constinit const json::Schema Status::schema{.doc = "What was decided and seen.", .fields = kStatus};

}  // namespace millrace::training_job
