#include <algorithm>

#include "inference_service/api/inference_service.h"

namespace millrace::inference_service {
namespace {

using json::field, json::rule;

constexpr std::int64_t kTenSeconds = 10'000, kThirtyDays = 30LL * 24 * 3600 * 1000;  // milliseconds
constexpr std::string_view kNamePattern = "^[a-z]([-a-z0-9]*[a-z0-9])?$";

bool named_when_pinned(const VersionChoice& v) { return (v.policy == Policy::Pinned) == !v.name.empty(); }
bool pause_is_said(const Step& s) { return is_manual(s) || s.pause.empty() || core::parse_duration(s.pause).has_value(); }
bool analysis_has_rules(const Rollout& r) { return !r.analysis || !r.analysis->metrics.empty(); }
bool weights_can_be_had(const Spec& s) {
  const auto finer = [](const Step& step) { return step.weight < 5 || step.shadow > 0; };
  return s.route.provider != Provider::Service || std::none_of(s.rollout.steps.begin(), s.rollout.steps.end(), finer);
}
bool gateway_is_named(const Route& r) { return r.provider != Provider::GatewayAPI || (r.gateway && !r.gateway->parent_refs.empty()); }
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
constexpr json::Field kParentRef[] = {
    field<&ParentRef::name>("name", "Name of the Gateway.", {.min_length = 1, .max_length = 253, .example = "gw", .required = true}),
    field<&ParentRef::ns>("namespace", "Its namespace; absent: the service's own. The Gateway's allowedRoutes decides who may attach.",
                          {.max_length = 63, .example = "infra"}),
    field<&ParentRef::section_name>("sectionName", "One listener of it; absent: all.", {.max_length = 253}),
    field<&ParentRef::port>("port", "One port of it; absent: all.", {.min = 0, .max = 65535}),
};
constexpr json::Field kGateway[] = {
    field<&Gateway::parent_refs>("parentRefs", "Gateways that the route attaches to.", {.max_items = 8}),
    field<&Gateway::hostnames>("hostnames", "Host names of the route.",
                               {.max_length = 253, .max_items = 16, .example = R"(["churn.example.org"])"}),
    field<&Gateway::matches>("matches", "HTTPRouteMatches instead of every path; passed through.", {.max_items = 8}),
    field<&Gateway::filters>("filters", "HTTPRouteFilters, ExtensionRef too; passed through.", {.max_items = 16}),
    field<&Gateway::timeouts>("timeouts", "HTTPRouteTimeouts; passed through."),
};
constexpr json::Field kRoute[] = {
    field<&Route::provider>(
        "provider",
        "Who splits the requests. Service: by counting available pods. GatewayAPI: an HTTPRoute with exact weights; the "
        "entry Service stays for clients inside the cluster and points at the stable revision.",
        {.fallback = "Service"}),
    field<&Route::tolerance>("tolerance", "Points by which the real share may miss a step's weight.",
                             {.min = 0, .max = 50, .fallback = "15"}),
    field<&Route::service_name>("serviceName", "Name of the entry Service instead of <name>-predict.",
                                {.max_length = 52, .pattern = "^([a-z]([-a-z0-9]*[a-z0-9])?)?$"}),
    field<&Route::gateway>("gateway", "Where and how the HTTPRoute attaches; with provider GatewayAPI."),
};
constexpr json::Rule kRouteRules[] = {
    rule<Route, gateway_is_named>(
        "self.provider != 'GatewayAPI' || (has(self.gateway) && has(self.gateway.parentRefs) && size(self.gateway.parentRefs) > 0)",
        "spec.route.gateway.parentRefs: required with provider GatewayAPI; name at least one Gateway",
        R"({"provider":"GatewayAPI","gateway":{"parentRefs":[{"name":"gw"}]}})", R"({"provider":"GatewayAPI"})"),
};
constexpr json::Field kStep[] = {
    field<&Step::weight>("weight", "Share of the requests that the new revision gets, in percent; below 5 with provider GatewayAPI only.",
                         {.min = 0, .max = 100, .example = "50", .required = true}),
    // No defaults: in an atomic list they would look like a change to everybody who applies a step without them.
    field<&Step::pause>("pause",
                        "How long to stay at this step, counted from the moment its pods had its share; Manual: until a person lets it go "
                        "on; absent: not at all.",
                        {.max_length = 20, .example = "5m"}),
    field<&Step::shadow>("shadow",
                         "Share of the requests that are mirrored to the new revision, in percent; needs a Gateway that can mirror.",
                         {.min = 0, .max = 100, .example = "20"}),
};
constexpr json::Rule kStepRules[] = {
    rule<Step, pause_is_said>("!has(self.pause) || self.pause == '' || self.pause == 'Manual' || "
                              "self.pause.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$')",
                              "spec.rollout.steps[].pause: must be Manual or a duration such as 5m", R"({"weight":5,"pause":"Manual"})",
                              R"({"weight":5,"pause":"soon"})"),
};
constexpr json::Field kApproved[] = {
    field<&Approved::version>("version", "ModelVersion that is approved.", {.max_length = 52, .example = "churn-v7"}),
    field<&Approved::step>("step", "Its steps up to this one need no person any more; counted from 1, as kubectl get shows them.",
                           {.min = 0, .max = 20, .example = "2"}),
};
constexpr json::Field kRollout[] = {
    field<&Rollout::strategy>("strategy",
                              "Canary: by steps. BlueGreen: the new revision is made whole beside the old one, then takes over at once and "
                              "bakes. Recreate: the old revision leaves before the new one comes; nobody answers in between.",
                              {.fallback = "Canary"}),
    field<&Rollout::steps>("steps", "Steps of a canary, rising to 100.",
                           {.min_items = 1, .max_items = 20, .fallback = R"([{"weight":50,"pause":"10m"},{"weight":100}])"}),
    field<&Rollout::capacity>(
        "capacity",
        "Surge: the old revision keeps all its pods until the new one took over. Swap: it shrinks by what the new one "
        "gained; pods of both stay within replicas + maxSurge.",
        {.fallback = "Surge"}),
    field<&Rollout::max_surge>("maxSurge",
                               "Pods of the new revision below weight 100, in percent of the stable ones; with capacity Swap, pods beyond "
                               "replicas, at least one.",
                               {.max_length = 4, .pattern = "^([1-9][0-9]?|100)%$", .fallback = "100%"}),
    field<&Rollout::analysis>("analysis", "What is measured of the new revision, and what it may not exceed."),
    field<&Rollout::progress_deadline>("progressDeadline", "How long scheduled pods with pulled images may take to become ready.",
                                       {.min = kTenSeconds, .max = kThirtyDays, .fallback = "10m"}),
    field<&Rollout::place_timeout>("placeTimeout", "How long a rollout waits for the place: capacity, quota, registry.",
                                   {.min = kTenSeconds, .max = kThirtyDays, .fallback = "1h"}),
    field<&Rollout::bake>("bake", "How long the old revision stays warm after the new one took over.",
                          {.max = kThirtyDays, .fallback = "10m"}),
    field<&Rollout::bake_replicas>("bakeReplicas", "Pods of the old revision that stay warm, with capacity Swap.",
                                   {.min = 1, .max = 1000, .fallback = "1"}),
    field<&Rollout::drain>("drain", "How long pods that left the entry stay before they are scaled down, at least 10s.",
                           {.min = kTenSeconds, .max = kThirtyDays, .fallback = "30s"}),
    field<&Rollout::on_failure>("onFailure", "What a failed analysis does. Rollback. Pause: the step waits for a person.",
                                {.fallback = "Rollback"}),
    field<&Rollout::on_new_version>("onNewVersion",
                                    "What a newer version does to a rollout that goes on well. Finish: it waits for the end. Supersede: it "
                                    "takes its place. Auto: Finish with policy Latest, Supersede with a pinned name.",
                                    {.fallback = "Auto"}),
    field<&Rollout::max_supersedes>("maxSupersedes", "After so many superseded rollouts in a row one is let to its end.",
                                    {.min = 0, .max = 100, .fallback = "3"}),
    field<&Rollout::approved>("approved", "Approval by commit, for steps with pause Manual."),
    field<&Rollout::restart>("restart", "Change it for a new revision with the same inputs, by the canary's way.", {.max_length = 64}),
    field<&Rollout::paused>("paused", "True: the rollout stands still at its step, and none begins.", {.fallback = "false"}),
};
constexpr json::Rule kRolloutRules[] = {
    rule<Rollout, steps_rise>("self.steps.map(s, s.weight).isSorted() && self.steps.all(s, self.steps.exists_one(t, t.weight == s.weight))",
                              "spec.rollout.steps[].weight: each must be greater than the one before",
                              R"({"steps":[{"weight":10},{"weight":100}]})", R"({"steps":[{"weight":100},{"weight":100}]})"),
    rule<Rollout, steps_end_at_all>("size(self.steps) > 0 && self.steps[size(self.steps) - 1].weight == 100",
                                    "spec.rollout.steps: the last weight must be 100", R"({"steps":[{"weight":100}]})",
                                    R"({"steps":[{"weight":50}]})"),
    rule<Rollout, analysis_has_rules>("!has(self.analysis) || (has(self.analysis.metrics) && size(self.analysis.metrics) > 0)",
                                      "spec.rollout.analysis.metrics: name at least one metric",
                                      R"({"analysis":{"metrics":[{"preset":"ErrorRatio","max":"0.01"}]}})", R"({"analysis":{}})"),
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
constexpr json::Rule kSpecRules[] = {
    rule<Spec, weights_can_be_had>(
        "self.route.provider != 'Service' || self.rollout.steps.all(s, s.weight >= 5 && (!has(s.shadow) || s.shadow == 0))",
        "spec.rollout.steps[]: weights below 5 and shadow need spec.route.provider GatewayAPI; they cannot be had by counting pods",
        R"({"model":"churn","rollout":{"steps":[{"weight":5},{"weight":100}]}})",
        R"({"model":"churn","rollout":{"steps":[{"weight":4},{"weight":100}]}})"),
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
constinit const json::Schema ParentRef::schema{.doc = "A Gateway, or one of its listeners.", .fields = kParentRef};
constinit const json::Schema Gateway::schema{.doc = "Where and how the HTTPRoute attaches.", .fields = kGateway};
constinit const json::Schema Route::schema{.doc = "How requests reach the pods.", .fields = kRoute, .rules = kRouteRules};
constinit const json::Schema Approved::schema{.doc = "Approval of steps by commit.", .fields = kApproved};
constinit const json::Schema Step::schema{.doc = "One step of a rollout.", .fields = kStep, .rules = kStepRules};
constinit const json::Schema Rollout::schema{.doc = "How a new revision takes over.", .fields = kRollout, .rules = kRolloutRules};
constinit const json::Schema Spec::schema{.doc = "What is wanted.", .fields = kSpec, .rules = kSpecRules};
constinit const json::Schema InferenceService::schema{
    .doc = "Serves one model behind one entry, changes versions safely, takes back what fails.", .fields = kInferenceService};

}  // namespace millrace::inference_service
