#include "inference_service/route.h"

#include <algorithm>

#include "inference_service/machine.h"

namespace millrace::inference_service {
namespace {

Pointer at(std::string_view revision) { return {Pointer::To::Revision, std::string(revision)}; }
constexpr auto kEverybody = Pointer::To::Everybody;

// Somebody answers where the entry points now, and it is somebody who may.
bool answers(const Pointer& pointer, const Status& status, const Facts& facts) {
  if (pointer.to != Pointer::To::Revision) return false;
  if (status.stable && status.stable->revision == pointer.revision) return true;
  const bool known =
      std::any_of(status.retired.begin(), status.retired.end(), [&](const RetiredStatus& r) { return r.revision == pointer.revision; });
  return known && status.stable && facts.of(pointer.revision).available > 0;
}

// Exactly two revisions have pods: the stable one and the canary.
bool may_split(const Status& status, const Facts& facts) {
  if (!status.stable || !status.canary || !status.retired.empty()) return false;
  for (const auto& [name, revision] : facts.revisions) {
    if (!revision.pods.empty() && name != status.stable->revision && name != status.canary->revision) return false;
  }
  return true;
}

std::optional<Pointer> for_canary(const Spec& spec, const Status& status, const Facts& facts) {
  const CanaryStatus& canary = *status.canary;
  const std::int64_t here = facts.of(canary.revision).available;
  if (here == 0) return std::nullopt;
  const bool there = facts.entry == at(canary.revision), last = canary.weight >= 100;
  if (by_gateway(status) && status.stable) {
    const bool all = facts.route.current && facts.route.weight_of(canary.revision) == 100;
    return last && (there || all) ? std::optional(at(canary.revision)) : std::nullopt;
  }
  if (last && (here >= spec.replicas || there)) return at(canary.revision);
  // With Swap the last step needs a split too: the canary grows into what the stable revision gives up.
  const bool split = facts.entry.to == kEverybody, by_parts = !last || spec.rollout.capacity == Capacity::Swap;
  if (may_split(status, facts) && (split || (by_parts && here >= canary.replicas))) return Pointer{kEverybody, {}};
  return std::nullopt;
}

bool is_warm(const RetiredStatus& r, const Status& status) { return r.reason == kReplaced && status.stable && status.stable->bake_until; }

bool is_ready(const Facts& facts, std::string_view revision) {
  const Revision& here = facts.of(revision);
  return here.available > 0 && here.reachable > 0;
}

// Who has what the canary does not have: the stable revision; while nobody of it is ready, the old one as long as that is warm.
std::string lead_of(const Status& status, const Facts& facts) {
  if (is_ready(facts, status.stable->revision)) return status.stable->revision;
  for (const RetiredStatus& r : status.retired) {
    if (r.reason == kReplaced && is_ready(facts, r.revision)) return r.revision;
  }
  return status.stable->revision;
}

// It is listed, the Gateways know it, and its pods are there.
bool is_due(const Status& status, const Facts& facts) {
  const CanaryStatus& canary = *status.canary;
  if (!is_ready(facts, canary.revision) || !facts.route.lists(canary.revision)) return false;
  const bool carries = facts.route.weight_of(canary.revision) > 0;
  return carries || (facts.route.current && facts.of(canary.revision).available >= canary.replicas);
}

std::int64_t canary_weight(const Spec& spec, const Status& status, const Facts& facts, bool lead_is_ready) {
  if (!status.canary || !is_due(status, facts)) return 0;
  const CanaryStatus& canary = *status.canary;
  if (!lead_is_ready) return 100;
  if (spec.rollout.capacity == Capacity::Surge) return canary.weight;
  return std::min(canary.weight,
                  (100 * facts.of(canary.revision).available + spec.replicas - 1) / spec.replicas);  // as much as its pods can take
}

// One who leaves stays listed, at 0, until the Gateways have seen that; who is warm, until the bake ends.
void list_leaving(const Status& status, const Facts& facts, std::vector<Split::Backend>& out) {
  for (const auto& [revision, weight] : facts.route.weights) {
    const std::string& name = revision;
    const auto known = std::any_of(out.begin(), out.end(), [&](const Split::Backend& b) { return b.revision == name; });
    if (known) continue;
    const auto at = std::find_if(status.retired.begin(), status.retired.end(), [&](const RetiredStatus& r) { return r.revision == name; });
    const bool warm = at != status.retired.end() && is_warm(*at, status);
    if (warm || weight > 0 || !facts.route.current) out.push_back({name, 0});
  }
}

}  // namespace

bool by_gateway(const Status& status) { return status.provider == kGatewayApi; }

bool is_open(const Status& status) { return status.canary || (status.stable && status.stable->bake_until); }

bool gateway_waits(const Spec& spec, const Status& status, const Facts& facts) {
  const auto& parts = facts.route.parts;
  if (!parts || parts->gateway == spec.route.gateway.value_or(Gateway{})) return false;
  if (spec.route.provider != Provider::GatewayAPI || facts.route.barred) return true;  // the route stays, or goes, as it is
  const bool under_way = is_open(status) || !status.retired.empty();
  return under_way && parts->taken && !facts.route.unattached;
}

Parts wanted_parts(const Spec& spec, const Status& status, const Facts& facts) {
  const RouteFacts& route = facts.route;
  if (gateway_waits(spec, status, facts)) return *route.parts;
  Parts out{.gateway = spec.route.gateway.value_or(Gateway{})};
  out.taken = route.parts && route.parts->gateway == out.gateway && (route.parts->taken || route.current);
  return out;
}

bool is_barred(const Spec& spec, const Facts& facts) {
  const auto& parts = facts.route.parts;
  const bool former = parts && parts->gateway != spec.route.gateway.value_or(Gateway{});  // what it carries is nobody else's
  return facts.route.barred && !former;
}

bool gateway_changes(const Observed& seen, const Facts& facts) {
  const Spec& spec = seen.service.spec;
  const auto& parts = facts.route.parts;
  if (!parts || spec.route.provider != Provider::GatewayAPI || parts->gateway == spec.route.gateway.value_or(Gateway{})) return false;
  return std::none_of(seen.refusals.begin(), seen.refusals.end(), [](const auto& r) { return r.kind == &kube::resources::kHttpRoute; });
}

Pointer wanted_pointer(const Spec& spec, const Status& status, const Facts& facts) {
  if (status.canary) {
    if (const auto pointer = for_canary(spec, status, facts)) return *pointer;
  }
  if (!status.stable) return status.canary ? at(status.canary->revision) : Pointer{};  // the first one: nobody else answers
  if (facts.of(status.stable->revision).available > 0) return at(status.stable->revision);
  for (const RetiredStatus& r : status.retired) {  // the old one, as long as it is warm
    if (r.reason == kReplaced && facts.of(r.revision).available > 0) return at(r.revision);
  }
  return answers(facts.entry, status, facts) ? facts.entry : at(status.stable->revision);
}

std::optional<Split> wanted_split(const Spec& spec, const Status& status, const Facts& facts) {
  if (!by_gateway(status)) return std::nullopt;
  Split out;
  if (!status.stable) {
    if (!status.canary || !is_ready(facts, status.canary->revision)) return std::nullopt;
    out.backends.push_back({status.canary->revision, 100});
    list_leaving(status, facts, out.backends);
    return out;
  }
  const std::string lead = lead_of(status, facts);
  const bool ready = is_ready(facts, lead);
  if (!ready && !facts.route.exists) return std::nullopt;
  const std::int64_t weight = canary_weight(spec, status, facts, ready);
  out.backends.push_back({lead, 100 - weight});
  if (lead != status.stable->revision && facts.route.lists(status.stable->revision)) out.backends.push_back({status.stable->revision, 0});
  const bool enters = status.canary && (is_ready(facts, status.canary->revision) || facts.route.lists(status.canary->revision));
  if (enters && facts.route.exists) out.backends.push_back({status.canary->revision, weight});
  if (status.canary && status.canary->shadow > 0 && is_due(status, facts)) {
    out.mirror = status.canary->revision;
    out.mirrored = status.canary->shadow;
  }
  list_leaving(status, facts, out.backends);
  return out;
}

bool converged_on(const Facts& facts, std::string_view revision) { return facts.entry == at(revision) && facts.only(revision); }

bool has_share(const Status& status, const Facts& facts) {
  const CanaryStatus& canary = *status.canary;
  const bool last = canary.weight >= 100;
  if (last && !converged_on(facts, canary.revision)) return false;
  if (!by_gateway(status)) return last || (facts.entry.to == kEverybody && facts.of(canary.revision).routed > 0);
  const RouteFacts& route = facts.route;
  const bool mirrors = route.mirror == (canary.shadow > 0 ? canary.revision : std::string());
  return route.exists && route.current && route.weight_of(canary.revision) == canary.weight && mirrors;
}

bool may_receive(const Facts& facts, std::string_view revision) {
  const bool pointed_at = facts.entry.to == kEverybody || facts.entry.revision == revision;
  return pointed_at || facts.of(revision).routed > 0 || facts.route.weight_of(revision) > 0 || facts.route.mirror == revision;
}

bool wants_backend(const Status& status, const Facts& facts, std::string_view revision) {
  if (facts.route.lists(revision)) return true;
  if (!by_gateway(status)) return false;
  return (status.stable && status.stable->revision == revision) || (status.canary && status.canary->revision == revision);
}

}  // namespace millrace::inference_service
