// Route: who should get the requests. Where the entry's selector points (D16, D30), and with provider GatewayAPI the weights of the
// HTTPRoute (D29). Nobody is pointed at, or has a weight, who has no available pod, as long as anybody else has one.
// In: backend at weight 0 → resolved → its weight. Out: weight 0 → observed → not listed → observed. Pure.
#pragma once

#include <optional>

#include "inference_service/facts.h"
#include "inference_service/routers/gateway_api/http_route.h"

namespace millrace::inference_service {

inline constexpr std::string_view kGatewayApi = "GatewayAPI";  // status.provider
bool by_gateway(const Status& status);
bool is_open(const Status& status);  // somebody is on his way in, or bakes

// What the HTTPRoute should carry of spec.route.gateway. In a rollout it is what it carries, once the Gateways have taken that: a bad edit
// must not hold up weights. An edit holds at once where there is nothing to lose: no Gateway has taken the route yet, or one refuses it.
Parts wanted_parts(const Spec& spec, const Status& status, const Facts& facts);
bool gateway_waits(const Spec& spec, const Status& status, const Facts& facts);  // an edit of it does, for the end of a rollout
bool gateway_changes(const Observed& seen, const Facts& facts);  // an edit of it is on its way into the route, and nobody has refused it

// Service: one revision, or everybody while exactly two revisions have pods. GatewayAPI: one revision, for clients inside the cluster.
Pointer wanted_pointer(const Spec& spec, const Status& status, const Facts& facts);

// nullopt: there is no route to make, or nobody yet whom it could name.
std::optional<Split> wanted_split(const Spec& spec, const Status& status, const Facts& facts);

// The older service has the host names that the route carries, or would carry: it is not made, and goes.
bool is_barred(const Spec& spec, const Facts& facts);

// The entry points at the revision, and its endpoints are that one's alone.
bool converged_on(const Facts& facts, std::string_view revision);

// The canary has what its step wants, as far as the cluster can tell.
bool has_share(const Status& status, const Facts& facts);

// Requests may still reach it.
bool may_receive(const Facts& facts, std::string_view revision);

// Its own Service has to be there, for the route to name.
bool wants_backend(const Status& status, const Facts& facts, std::string_view revision);

}  // namespace millrace::inference_service
