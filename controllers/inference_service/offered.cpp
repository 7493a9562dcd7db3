#include "inference_service/offered.h"

#include <algorithm>
#include <cstdlib>

#include "inference_service/analysis/analysis.h"
#include "inference_service/routers/gateway_api/hostnames.h"
#include "inference_service/routers/gateway_api/http_route.h"
#include "inference_service/routers/gateway_api/mirror.h"
#include "inference_service/share.h"
#include "shared/reasons.h"

namespace millrace::inference_service {
namespace {

// Points by which counting pods misses a weight, at the count that comes nearest.
std::int64_t missed(const Spec& spec, std::int64_t weight, std::int64_t replicas) {
  if (spec.rollout.capacity == Capacity::Surge) return miss_of(weight, replicas, most_canaries(replicas, spec.rollout.max_surge));
  return replicas == 1 ? 100 - weight : std::abs(share_of(swapped_in(weight, replicas), replicas - swapped_in(weight, replicas)) - weight);
}

std::optional<Choice> unreachable_weight(const Spec& spec) {
  if (spec.rollout.strategy != Strategy::Canary || spec.route.provider != Provider::Service) return std::nullopt;
  for (std::size_t i = 0; i + 1 < spec.rollout.steps.size(); ++i) {
    const std::int64_t weight = spec.rollout.steps[i].weight;
    if (missed(spec, weight, spec.replicas) <= spec.route.tolerance) continue;
    std::int64_t enough = 1;
    while (enough <= 1000 && missed(spec, weight, enough) > spec.route.tolerance) ++enough;
    std::string message = "spec.rollout.steps[" + std::to_string(i) + "].weight: " + std::to_string(weight) + " cannot be had within " +
                          std::to_string(spec.route.tolerance) + " points by counting pods beside " + std::to_string(spec.replicas) +
                          " replicas";
    message +=
        enough <= 1000 ? "; " + std::to_string(enough) + " replicas would do" : "; no number of replicas would do with this maxSurge";
    return impossible("WeightUnreachable", std::move(message) + "; provider GatewayAPI has exact weights");
  }
  return std::nullopt;
}

std::optional<Choice> no_shadow(const Observed& seen) {
  const Mirroring mirroring = mirroring_of(seen);
  if (!mirroring.asked || (mirroring.known && mirroring.unable.empty())) return std::nullopt;
  if (!mirroring.unable.empty()) return impossible("ShadowUnsupported", "spec.rollout.steps[].shadow: " + mirroring.unable);
  Choice out = mirroring.missing.empty() ? refusal(shared::reason::kPending, "the Gateways are asked whether they can mirror requests")
                                         : refusal("GatewayNotFound", "spec.route.gateway.parentRefs: " + mirroring.missing);
  out.not_there = true;
  return out;
}

}  // namespace

Choice refusal(std::string_view reason, std::string message) { return {.reason = std::string(reason), .message = std::move(message)}; }

Choice impossible(std::string_view reason, std::string message) {
  Choice out = refusal(reason, std::move(message));
  out.invalid = true;
  return out;
}

std::optional<Choice> not_offered(const Observed& seen, const shared::Settings& settings) {
  const Spec& spec = seen.service.spec;
  if (auto why = unreachable_weight(spec)) return why;
  if (spec.route.provider == Provider::GatewayAPI && !seen.gateway_installed) {
    Choice out = refusal(kNotInstalled, "spec.route.provider: the cluster has no HTTPRoutes (gateway.networking.k8s.io/v1)");
    out.not_there = true;
    return out;
  }
  if (const std::string taken = taken_hostname(seen); !taken.empty()) return impossible(kHostnameTaken, taken);
  if (auto why = no_shadow(seen)) return why;
  if (!spec.rollout.analysis) return std::nullopt;
  std::vector<std::string> sources;
  bool custom = false;
  for (const shared::MetricsSource& source : settings.metrics_sources) {
    sources.push_back(source.name);
    custom = custom || (source.name == spec.rollout.analysis->source && source.custom_queries);
  }
  const std::string why = unusable(*spec.rollout.analysis, sources, custom);
  return why.empty() ? std::nullopt : std::optional(impossible("AnalysisInvalid", why));
}

}  // namespace millrace::inference_service
