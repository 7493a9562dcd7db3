#include "inference_service/api/inference_service.h"

namespace millrace::inference_service {
namespace {

using json::field;

constexpr json::Field kStable[] = {
    field<&StableStatus::version>("version", "ModelVersion that serves."),
    field<&StableStatus::revision>("revision", "Revision that serves."),
    field<&StableStatus::replicas>("replicas", "Pods wanted."),
    field<&StableStatus::ready>("ready", "Pods that are ready.", {.is_volatile = true}),
    field<&StableStatus::since>("since", "When it took over."),
    field<&StableStatus::bake_until>("bakeUntil", "Until then it is watched while the old revision stays warm."),
    field<&StableStatus::hold>("hold", "Why its bake does not end until a person speaks."),
};
constexpr json::Field kHold[] = {
    field<&Hold::reason>("reason", "Manual, AnalysisFailed or Inconclusive."),
    field<&Hold::message>("message", "Why, in one sentence."),
    field<&Hold::since>("since", "Since when."),
};
constexpr json::Field kCanary[] = {
    field<&CanaryStatus::version>("version", "ModelVersion on its way in."),
    field<&CanaryStatus::revision>("revision", "Revision on its way in."),
    field<&CanaryStatus::step>("step", "Index of the step, from 0."),
    field<&CanaryStatus::weight>("weight", "Share that the step wants, in percent."),
    field<&CanaryStatus::shadow>("shadow", "Share of mirrored requests that the step wants, in percent."),
    field<&CanaryStatus::effective_weight>("effectiveWeight", "Share by available pods, or the weight that the route carries, in percent.",
                                           {.is_volatile = true}),
    field<&CanaryStatus::observed_share>("observedShare", "Share of the requests that were counted in this step, in percent.",
                                         {.is_volatile = true}),
    field<&CanaryStatus::replicas>("replicas", "Pods wanted at this step."),
    field<&CanaryStatus::ready>("ready", "Pods that are ready.", {.is_volatile = true}),
    field<&CanaryStatus::steps>("steps", "The steps as they were when the rollout began.", {.max_items = 20}),
    field<&CanaryStatus::started_at>("startedAt", "When the rollout began."),
    field<&CanaryStatus::step_started_at>("stepStartedAt", "Since when this step's pods are available and have its share."),
    field<&CanaryStatus::released>("released", "Steps that a person let go on, counted from the first."),
    field<&CanaryStatus::hold>("hold", "Why it stands still until a person speaks."),
    field<&CanaryStatus::progress_since>("progressSince", "Since when its pods are placed but not ready: progressDeadline runs.",
                                         {.is_volatile = true}),
    field<&CanaryStatus::place_since>("placeSince", "Since when it waits for the place: placeTimeout runs."),
    field<&CanaryStatus::cause>("cause", "Why it waits for the place."),
};
constexpr json::Field kRetired[] = {
    field<&RetiredStatus::version>("version", "ModelVersion on its way out."),
    field<&RetiredStatus::revision>("revision", "Revision on its way out."),
    field<&RetiredStatus::reason>("reason", "Replaced, RolledBack, Superseded or NoCapacity."),
    field<&RetiredStatus::since>("since", "When it retired."),
    field<&RetiredStatus::cleared_at>("clearedAt", "Since when the entry holds none of its pods: drain runs."),
    field<&RetiredStatus::shrunk_at>("shrunkAt", "When its count was lowered last."),
    field<&RetiredStatus::from>("from", "Pods when it retired."),
    field<&RetiredStatus::replicas>("replicas", "Pods wanted now."),
};
constexpr json::Field kRefused[] = {
    field<&RefusedStatus::version>("version", "ModelVersion that failed."),
    field<&RefusedStatus::revision>("revision", "Revision that failed; it is not tried again."),
    field<&RefusedStatus::reason>("reason", "Why, in one word."),
    field<&RefusedStatus::message>("message", "The evidence."),
    field<&RefusedStatus::at>("at", "When."),
};
constexpr json::Field kDeferred[] = {
    field<&DeferredStatus::version>("version", "ModelVersion that found no place."),
    field<&DeferredStatus::revision>("revision", "Revision that found no place."),
    field<&DeferredStatus::message>("message", "What was missing."),
    field<&DeferredStatus::until>("until", "When it is tried again."),
};
constexpr json::Field kGood[] = {
    field<&GoodStatus::version>("version", "ModelVersion that ended its bake."),
    field<&GoodStatus::revision>("revision", "Revision that ended its bake."),
    field<&GoodStatus::at>("at", "When."),
};
constexpr json::Field kDecision[] = {
    field<&Decision::waiting_for>("waitingFor", "What the service waits for.", {.is_volatile = true}),
    field<&Decision::value>("value", "What was measured of the metric that decides.", {.is_volatile = true}),
    field<&Decision::threshold>("threshold", "What is allowed of it.", {.is_volatile = true}),
    field<&Decision::samples>("samples", "Requests that it was measured on.", {.is_volatile = true}),
    field<&Decision::unblock>("unblock", "What a person can do about it.", {.is_volatile = true}),
    field<&Decision::next_at>("nextAt", "When the wait ends by itself.", {.is_volatile = true}),
};
constexpr json::Field kSettled[] = {
    field<&Settled::generation>("generation", "Generation that the verdict is about."),
    field<&Settled::version>("version", "ModelVersion that the verdict is about."),
    field<&Settled::revision>("revision", "Revision that the verdict is about."),
    field<&Settled::result>("result", "The verdict."),
    field<&Settled::at>("at", "When it was given."),
};
constexpr json::Field kHistory[] = {
    field<&History::time>("time", "When."),
    field<&History::reason>("reason", "What was decided, in one word."),
    field<&History::message>("message", "Why."),
};
constexpr json::Field kIntent[] = {
    field<&IntentStatus::id>("id", "Token of the word, as given."),
    field<&IntentStatus::verb>("verb", "promote, promote-full, abort, retry, rollback, pause or resume."),
    field<&IntentStatus::version>("version", "ModelVersion that it is about."),
    field<&IntentStatus::step>("step", "Step that it is about, counted from 1."),
    field<&IntentStatus::by>("by", "Who said it."),
    field<&IntentStatus::outcome>("outcome", "Done, Refused or Expired."),
    field<&IntentStatus::message>("message", "What became of it."),
    field<&IntentStatus::at>("at", "When it was dealt with."),
};
constexpr json::Field kPaused[] = {
    field<&PausedStatus::id>("id", "Token of the word."),
    field<&PausedStatus::by>("by", "Who said it."),
    field<&PausedStatus::at>("at", "When."),
};
constexpr json::Field kRollback[] = {
    field<&RollbackStatus::version>("version", "ModelVersion that serves by a person's word."),
    field<&RollbackStatus::by>("by", "Who said it."),
    field<&RollbackStatus::revision>("revision", "The revision that the word brought."),
    field<&RollbackStatus::above>("above", "It holds until a version with a higher number than this is ready."),
    field<&RollbackStatus::pinned>("pinned", "It holds while the spec names this version."),
    field<&RollbackStatus::at>("at", "When."),
};
constexpr json::Field kStatus[] = {
    field<&Status::observed_generation>("observedGeneration", "Generation that this status is about."),
    field<&Status::phase>("phase", "Where the service is; take an unknown one as still working."),
    field<&Status::message>("message", "One sentence for people.", {.is_volatile = true}),
    field<&Status::result>("result", "Serving, Promoted, RolledBack, Superseded, Failed or Invalid; valid while Settled is True."),
    field<&Status::available>("available", "Ready and wanted pods that answer, for kubectl get.", {.is_volatile = true}),
    field<&Status::weight>("weight", "Wanted and real share of the canary, for kubectl get.", {.is_volatile = true}),
    field<&Status::step>("step", "Step and number of steps, for kubectl get."),
    field<&Status::url>("url", "Where predictions are asked for inside the cluster."),
    field<&Status::rollout_generation>("rolloutGeneration", "Generation that asked for the newest rollout; 0: a new version did."),
    field<&Status::runtime>("runtime", "Model server that was chosen."),
    field<&Status::settled>("settled", "What the last verdict is about."),
    field<&Status::conditions>("conditions", "Conditions of the service.", {.max_items = 16, .list_key = "type"}),
    field<&Status::stable>("stable", "The revision that serves at rest."),
    field<&Status::canary>("canary", "The revision on its way in."),
    field<&Status::retired>("retired", "Revisions on their way out.", {.max_items = 8}),
    field<&Status::last_good>("lastGood", "The newest revision that ended its bake."),
    field<&Status::refused>("refused", "Revisions that failed by their own doing and are not tried again.", {.max_items = 20}),
    field<&Status::deferred>("deferred", "A revision that found no place."),
    field<&Status::provider>("provider", "Who splits the requests; a change of the spec waits for the end of a rollout."),
    field<&Status::rules>("rules", "Analysis of the rollout that goes on, as it was when that began; edits take effect with the next."),
    field<&Status::analysis>("analysis", "What was found of each metric in the step that goes on.", {.max_items = 10}),
    field<&Status::intents>("intents", "The last 10 words of people and what became of them, oldest first.", {.max_items = 10}),
    field<&Status::paused>("paused", "By a person's word, until resume."),
    field<&Status::rollback>("rollback", "The version that serves by a person's word."),
    field<&Status::supersedes>("supersedes", "Rollouts in a row that gave way to a newer version."),
    field<&Status::decision>("decision", "What is waited for."),
    field<&Status::history>("history", "The last 20 decisions, oldest first.", {.max_items = 20}),
};

}  // namespace

constinit const json::Schema StableStatus::schema{.doc = "The revision that serves at rest.", .fields = kStable};
constinit const json::Schema Hold::schema{.doc = "Why a rollout stands still.", .fields = kHold};
constinit const json::Schema CanaryStatus::schema{.doc = "The revision on its way in.", .fields = kCanary};
constinit const json::Schema RetiredStatus::schema{.doc = "A revision on its way out.", .fields = kRetired};
constinit const json::Schema RefusedStatus::schema{.doc = "A revision that is not tried again.", .fields = kRefused};
constinit const json::Schema DeferredStatus::schema{.doc = "A revision that found no place.", .fields = kDeferred};
constinit const json::Schema GoodStatus::schema{.doc = "The newest revision that ended its bake.", .fields = kGood};
constinit const json::Schema Decision::schema{.doc = "What is waited for.", .fields = kDecision};
constinit const json::Schema IntentStatus::schema{.doc = "What became of a person's word.", .fields = kIntent};
constinit const json::Schema PausedStatus::schema{.doc = "A pause by a person's word.", .fields = kPaused};
constinit const json::Schema RollbackStatus::schema{.doc = "A rollback by a person's word.", .fields = kRollback};
constinit const json::Schema Settled::schema{.doc = "What the last verdict is about.", .fields = kSettled};
constinit const json::Schema History::schema{.doc = "One decision.", .fields = kHistory};
constinit const json::Schema Status::schema{.doc = "What is.", .fields = kStatus};

}  // namespace millrace::inference_service
