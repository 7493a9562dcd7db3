// Offered: what a spec asks for and the cluster, its Gateways or who runs the operator do not offer. Pure.
#pragma once

#include <optional>
#include <string>

#include "inference_service/choose.h"

namespace millrace::inference_service {

Choice refusal(std::string_view reason, std::string message);     // no target, for this reason
Choice impossible(std::string_view reason, std::string message);  // the same, and only another spec helps

// nullopt: everything that the rollout of this spec needs is there.
std::optional<Choice> not_offered(const Observed& seen, const shared::Settings& settings);

}  // namespace millrace::inference_service
