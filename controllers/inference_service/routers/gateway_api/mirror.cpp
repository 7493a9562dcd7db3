#include "inference_service/routers/gateway_api/mirror.h"

#include <algorithm>
#include <optional>

#include "kube/model/gateway.h"
#include "shared/look_up.h"

namespace millrace::inference_service {
namespace {

// The object, when it is there; asked again once a minute while it is not.
std::optional<json::Value> look_up(const Observed& seen, const plan::ObjectByName& what, Mirroring& out) {
  const auto looked = shared::look_up(seen.facts, what, std::chrono::floor<std::chrono::minutes>(seen.now), std::chrono::minutes(1));
  out.questions.push_back(looked.question);
  if (looked.is_absent() && out.missing.empty()) {
    out.missing = std::string(what.kind->kind) + " " + (what.ns.empty() ? "" : what.ns + "/") + what.name + " does not exist";
  }
  if (looked.found == nullptr || looked.is_absent()) {
    out.known = false;
    return std::nullopt;
  }
  auto object = json::parse(looked.found->object.bytes);
  return object ? std::optional(std::move(*object)) : std::nullopt;
}

bool supports(const json::Value& gateway_class, std::string_view feature) {
  const json::Value* features = gateway_class.at({"status", "supportedFeatures"});
  if (features == nullptr || features->array() == nullptr) return false;
  return std::any_of(features->array()->begin(), features->array()->end(), [&](const json::Value& f) {
    return f.text_at({"name"}) == feature || (f.text() && *f.text() == feature);  // plain names before v1.2
  });
}

}  // namespace

Mirroring mirroring_of(const Observed& seen) {
  const Spec& spec = seen.service.spec;
  Mirroring out{.known = true};
  const auto in_part = [](const Step& s) { return s.shadow > 0 && s.shadow < 100; };
  const auto mirrors = [](const Step& s) { return s.shadow > 0; };
  const auto& steps = spec.rollout.steps;
  out.asked = spec.route.provider == Provider::GatewayAPI && std::any_of(steps.begin(), steps.end(), mirrors);
  if (!out.asked) return out;
  const bool part = std::any_of(steps.begin(), steps.end(), in_part);
  const std::string_view feature = part ? "HTTPRouteRequestPercentageMirror" : "HTTPRouteRequestMirror";
  for (const ParentRef& ref : spec.route.gateway.value_or(Gateway{}).parent_refs) {
    const auto gateway = look_up(seen, {&kube::resources::kGateway, ref.name, ref.ns}, out);
    if (!gateway) continue;
    const std::string name = gateway->text_at({"spec", "gatewayClassName"});
    const auto gateway_class = look_up(seen, {&kube::resources::kGatewayClass, name}, out);
    if (gateway_class && out.unable.empty() && !supports(*gateway_class, feature)) {
      out.unable = "GatewayClass " + name + " of Gateway " + ref.name + " does not offer " + std::string(feature);
    }
  }
  return out;
}

}  // namespace millrace::inference_service
