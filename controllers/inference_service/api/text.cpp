#include "inference_service/api/inference_service.h"

namespace millrace::inference_service {

std::string to_text(Phase phase) {
  for (const json::EnumName& name : kPhases) {
    if (name.value == static_cast<int>(phase)) return std::string(name.name);
  }
  return {};
}

std::string to_text(Provider provider) {
  for (const json::EnumName& name : kProviders) {
    if (name.value == static_cast<int>(provider)) return std::string(name.name);
  }
  return {};
}

bool is_manual(const Step& step) { return step.pause == "Manual"; }

core::Duration pause_of(const Step& step) { return core::parse_duration(step.pause).value_or(core::Duration(0)); }

bool follows(const InferenceService& service, std::string_view model, std::string_view version) {
  if (service.meta.deleting() || service.spec.model != model) return false;
  switch (service.spec.version.policy) {
    case Policy::Latest:
      return true;
    case Policy::Pinned:
      return service.spec.version.name == version;
  }
  return false;
}

std::string champion_of(const Status& status) {
  if (status.stable) return status.stable->version;
  return status.last_good ? status.last_good->version : std::string();
}

}  // namespace millrace::inference_service
