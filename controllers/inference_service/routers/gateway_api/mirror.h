// Mirror: whether the Gateways of a service can copy requests to a canary, as their GatewayClass says in status.supportedFeatures.
// Source: Gateway API v1, GatewayClassStatus; features HTTPRouteRequestMirror and HTTPRouteRequestPercentageMirror. Pure.
#pragma once

#include <string>
#include <vector>

#include "inference_service/observed.h"

namespace millrace::inference_service {

struct Mirroring {
  bool asked = false;     // a step mirrors, and the route is a Gateway's
  bool known = false;     // every Gateway and its class have been looked up
  std::string missing{};  // a Gateway or class that is not there
  std::string unable{};   // who cannot, and which feature it lacks
  std::vector<plan::Question> questions{};
};

Mirroring mirroring_of(const Observed& seen);

}  // namespace millrace::inference_service
