#include "model_version/api/model_version.h"

namespace millrace::model_version {
namespace {

using json::field;

constexpr json::Field kChampion[] = {
    field<&Champion::service>("service", "The InferenceService."),
    field<&Champion::version>("version", "The version that it has in place."),
    field<&Champion::digest>("digest", "Digest of that version's bytes."),
    field<&Champion::value>("value", "The champion's value."),
};
constexpr json::Field kGateVerdict[] = {
    field<&GateVerdict::metric>("metric", "The metric."),
    field<&GateVerdict::value>("value", "What was measured."),
    field<&GateVerdict::rule>("rule", "What was asked for."),
    field<&GateVerdict::verdict>("verdict",
                                 "Passed, Failed, MissingMetric, NotMeasured, NoChampion, AmbiguousChampion or ChampionNotMeasured."),
    field<&GateVerdict::champion>("champion", "Whom the gate compared with: the verdict is valid against that one only."),
};
constexpr json::Field kMeasurement[] = {
    field<&Measurement::champion>("champion", "The champion that was measured beside it; empty: none."),
    field<&Measurement::digest>("digest", "Digest of the champion's bytes."),
    field<&Measurement::numbers>("numbers", "The version's metrics.", {.max_properties = 32}),
    field<&Measurement::champion_numbers>("championNumbers", "The champion's metrics.", {.max_properties = 32}),
};
constexpr json::Field kRegistryStatus[] = {
    field<&RegistryStatus::mlflow_run_id>("mlflowRunId", "MLflow's run; empty: a person deleted it."),
    field<&RegistryStatus::version>("version", "MLflow's number of the version."),
    field<&RegistryStatus::aliases>("aliases", "Aliases that the version has, as read back.", {.max_items = 16}),
};
constexpr json::Field kServing[] = {
    field<&Serving::service>("service", "InferenceService that runs or ran the version."),
    field<&Serving::role>("role", "Stable, Canary or None."),
    field<&Serving::verdict>("verdict", "Untried, Good or Bad."),
    field<&Serving::revision>("revision", "The revision that earned the verdict."),
    field<&Serving::since>("since", "Since when."),
    field<&Serving::evidence>("evidence", "What was seen."),
};
constexpr json::Field kSettled[] = {
    field<&Settled::generation>("generation", "The generation that the verdict is about."),
    field<&Settled::version>("version", "The version's own name."),
    field<&Settled::result>("result", "As status.result."),
    field<&Settled::at>("at", "When it settled."),
};
constexpr json::Field kHistory[] = {
    field<&History::time>("time", "When."),
    field<&History::reason>("reason", "Why, one word."),
    field<&History::message>("message", "Why, one sentence."),
};
constexpr json::Field kStatus[] = {
    field<&Status::observed_generation>("observedGeneration", "The generation that this status speaks of."),
    field<&Status::phase>(
        "phase", "Pending, Verifying, Evaluating, AwaitingApproval, Ready, Rejected or Quarantined; an unknown one means: still working."),
    field<&Status::message>("message", "One sentence for people."),
    field<&Status::result>("result",
                           "Ready, Promoted, RolledBack, Superseded, Rejected, Quarantined or Invalid; valid while Settled is True."),
    field<&Status::origin>("origin", "Run: made by a TrainingJob. Manual: made by hand."),
    field<&Status::verdict>("verdict", "Bad if any service says so, else Good if any, else Untried."),
    field<&Status::score>("score", "The first gate's metric, for kubectl get."),
    field<&Status::settled>("settled", "What the verdict is about."),
    field<&Status::conditions>("conditions",
                               "Accepted, Verified, Validated, Approved, RegistrySynced, Ready, Reconciling, Stalled, Settled.",
                               {.max_items = 16, .list_key = "type"}),
    field<&Status::gates>("gates", "Each gate with its number and verdict.", {.max_items = 32}),
    field<&Status::measured>("measured", "What evaluations told, oldest first, one per champion.", {.max_items = 8}),
    field<&Status::registry>("registry", "What the registry made of it."),
    field<&Status::serving>("serving", "Services that run the version or have tried it.", {.max_items = 32, .is_volatile = true}),
    field<&Status::history>("history", "The last 20 decisions, oldest first.", {.max_items = 20}),
};

}  // namespace

constinit const json::Schema GateVerdict::schema{.doc = "What became of one gate.", .fields = kGateVerdict};
constinit const json::Schema Champion::schema{.doc = "Whom a gate compared with.", .fields = kChampion};
constinit const json::Schema Serving::schema{.doc = "One service and the version.", .fields = kServing};
constinit const json::Schema Settled::schema{.doc = "What the verdict is about.", .fields = kSettled};
constinit const json::Schema History::schema{.doc = "One decision.", .fields = kHistory};
constinit const json::Schema Status::schema{.doc = "What is known of a ModelVersion.", .fields = kStatus};
constinit const json::Schema Measurement::schema{.doc = "What an evaluation told.", .fields = kMeasurement};
constinit const json::Schema RegistryStatus::schema{.doc = "What a registry made of a version.", .fields = kRegistryStatus};

}  // namespace millrace::model_version
