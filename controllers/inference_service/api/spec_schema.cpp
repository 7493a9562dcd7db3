#include <algorithm>

#include "inference_service/api/inference_service.h"

namespace millrace::inference_service {
namespace {

using json::field, json::rule;

constexpr std::int64_t kTenSeconds = 10'000, kThirtyDays = 30LL * 24 * 3600 * 1000;  // milliseconds
constexpr std::string_view kNamePattern = "^[a-z]([-a-z0-9]*[a-z0-9])?$";

bool named_when_pinned(const VersionChoice& v) { return (v.policy == Policy::Pinned) == !v.name.empty(); }
bool weight_is_countable(const Step& s) { return s.weight >= 5; }
bool steps_rise(const Rollout& r) {
  return std::adjacent_find(r.steps.begin(), r.steps.end(), [](const Step& a, const Step& b) { return a.weight >= b.weight; }) ==
         r.steps.end();
}
bool steps_end_at_all(const Rollout& r) { return !r.steps.empty() && r.steps.back().weight == 100; }

constexpr json::Field kVersionChoice[] = {
    field<&VersionChoice::policy>("policy", "Latest: the newest ready version that a TrainingJob made. Pinned: the one that `name` says.",
                                  {.fallback = "Latest"}),
    field<&VersionChoice::name>("name", "ModelVersion to serve; only with policy Pinned.", {.max_length = 52, .example = "churn-v7"}),
};
constexpr json::Rule kVersionChoiceRules[] = {
    rule<VersionChoice, named_when_pinned>(
        "(self.policy == 'Pinned') == (has(self.name) && self.name != '')",
        "spec.version.name: required with policy Pinned, not allowed with policy Latest", R"({"policy":"Pinned","name":"churn-v7"})",
        R"({"policy":"Latest","name":"churn-v7"})",
        "self.policy + (has(self.name) && self.name != '' ? ' with name ' + self.name : ' without name')"),
};
constexpr json::Field kContainer[] = {
    field<&Container::image>("image", "Image of the model server instead of the runtime's own.", {.max_length = 512}),
    field<&Container::args>("args", "Arguments instead of the image's own.", {.max_length = 1024, .max_items = 64}),
    field<&Container::env>("env", "Further environment variables; the runtime's own win.", {.max_items = 64, .list_key = "name"}),
    field<&Container::resources>("resources", "Requests and limits of the model server."),
    field<&Container::image_pull_policy>("imagePullPolicy", "When the kubelet pulls the image: Always, IfNotPresent or Never.",
                                         {.max_length = 12, .pattern = "^(Always|IfNotPresent|Never)?$"}),
};
constexpr json::Field kRoute[] = {
    field<&Route::provider>("provider", "Who splits the requests. Service: by counting available pods.", {.fallback = "Service"}),
    field<&Route::tolerance>("tolerance", "Points by which the real share may miss a step's weight.",
                             {.min = 0, .max = 50, .fallback = "15"}),
    field<&Route::service_name>("serviceName", "Name of the entry Service instead of <name>-predict.",
                                {.max_length = 52, .pattern = "^([a-z]([-a-z0-9]*[a-z0-9])?)?$"}),
};
constexpr json::Field kStep[] = {
    field<&Step::weight>("weight", "Share of the requests that the new revision gets, in percent.",
                         {.min = 1, .max = 100, .example = "50", .required = true}),
    // No default: in an atomic list it would look like a change to everybody who applies a step without it.
    field<&Step::pause>("pause", "How long to stay at this step, counted from the moment its pods were available; absent: not at all.",
                        {.max = kThirtyDays, .example = "5m"}),
};
constexpr json::Rule kStepRules[] = {
    rule<Step, weight_is_countable>("self.weight >= 5",
                                    "spec.rollout.steps[].weight: must be 5 to 100; less cannot be had by counting pods", R"({"weight":5})",
                                    R"({"weight":4})"),
};
constexpr json::Field kRollout[] = {
    field<&Rollout::strategy>(
        "strategy",
        "Canary: by steps. Recreate: the new revision is made ready beside the old one, then takes over at once, without steps or bake.",
        {.fallback = "Canary"}),
    field<&Rollout::steps>("steps", "Steps of a canary, rising to 100.",
                           {.min_items = 1, .max_items = 20, .fallback = R"([{"weight":50,"pause":"10m"},{"weight":100,"pause":"0s"}])"}),
    field<&Rollout::max_surge>("maxSurge", "Pods of the canary below weight 100, in percent of the stable ones.",
                               {.max_length = 4, .pattern = "^([1-9][0-9]?|100)%$", .fallback = "100%"}),
    field<&Rollout::progress_deadline>("progressDeadline", "How long scheduled pods with pulled images may take to become ready.",
                                       {.min = kTenSeconds, .max = kThirtyDays, .fallback = "10m"}),
    field<&Rollout::place_timeout>("placeTimeout", "How long a rollout waits for the place: capacity, quota, registry.",
                                   {.min = kTenSeconds, .max = kThirtyDays, .fallback = "1h"}),
    field<&Rollout::bake>("bake", "How long the old revision stays warm after the new one took over.",
                          {.max = kThirtyDays, .fallback = "10m"}),
    field<&Rollout::drain>("drain", "How long pods that left the entry stay before they are scaled down, at least 10s.",
                           {.min = kTenSeconds, .max = kThirtyDays, .fallback = "30s"}),
    field<&Rollout::restart>("restart", "Change it for a new revision with the same inputs, by the canary's way.", {.max_length = 64}),
};
constexpr json::Rule kRolloutRules[] = {
    rule<Rollout, steps_rise>("self.steps.map(s, s.weight).isSorted() && self.steps.all(s, self.steps.exists_one(t, t.weight == s.weight))",
                              "spec.rollout.steps[].weight: each must be greater than the one before",
                              R"({"steps":[{"weight":10},{"weight":100}]})", R"({"steps":[{"weight":100},{"weight":100}]})"),
    rule<Rollout, steps_end_at_all>("size(self.steps) > 0 && self.steps[size(self.steps) - 1].weight == 100",
                                    "spec.rollout.steps: the last weight must be 100", R"({"steps":[{"weight":100}]})",
                                    R"({"steps":[{"weight":50}]})"),
};
constexpr json::Field kSpec[] = {
    field<&Spec::model>("model", "Model to serve; its name in the Open Inference Protocol too.",
                        {.min_length = 1, .max_length = 40, .pattern = kNamePattern, .example = "churn", .required = true}),
    field<&Spec::version>("version", "Which version of it.", {.fallback = "{}"}),
    field<&Spec::runtime>("runtime", "Model server. Auto: by the artifact's format; the choice is status.runtime.", {.fallback = "Auto"}),
    field<&Spec::container>("container", "Overrides of the serving container."),
    field<&Spec::replicas>("replicas", "Pods of the stable revision.", {.min = 1, .max = 1000, .fallback = "1"}),
    field<&Spec::route>("route", "How requests reach the pods.", {.fallback = "{}"}),
    field<&Spec::rollout>("rollout", "How a new revision takes over.", {.fallback = "{}"}),
};
constexpr json::Field kInferenceService[] = {
    field<&InferenceService::meta>("metadata", "Name and bookkeeping of the object."),
    field<&InferenceService::spec>("spec", "What is wanted.", {.required = true}),
    field<&InferenceService::status>("status", "What is; written by the operator only."),
};

}  // namespace

constinit const json::Schema VersionChoice::schema{
    .doc = "Which version is served.", .fields = kVersionChoice, .rules = kVersionChoiceRules};
constinit const json::Schema Container::schema{.doc = "Overrides of the serving container.", .fields = kContainer};
constinit const json::Schema Route::schema{.doc = "How requests reach the pods.", .fields = kRoute};
constinit const json::Schema Step::schema{.doc = "One step of a rollout.", .fields = kStep, .rules = kStepRules};
constinit const json::Schema Rollout::schema{.doc = "How a new revision takes over.", .fields = kRollout, .rules = kRolloutRules};
constinit const json::Schema Spec::schema{.doc = "What is wanted.", .fields = kSpec};
constinit const json::Schema InferenceService::schema{
    .doc = "Serves one model behind one Service, changes versions safely, takes back what does not start.", .fields = kInferenceService};

}  // namespace millrace::inference_service
