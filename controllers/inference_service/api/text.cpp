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

Standing InferenceService::in_group() const {
  return {.name = meta.name,
          .deleting = meta.deleting(),
          .known = !status.phase.empty(),
          .choice = spec.version,
          .stable = status.stable ? status.stable->version : std::string(),
          .canary = status.canary ? status.canary->version : std::string(),
          .champion = champion_of(status),
          .last_good = status.last_good,
          .refused = status.refused,
          .rollback = status.rollback};
}

bool follows(const Standing& service, std::string_view version) {
  if (service.deleting) return false;
  switch (service.choice.policy) {
    case Policy::Latest:
      return true;
    case Policy::Pinned:
      return service.choice.name == version;
  }
  return false;
}

std::string champion_of(const Status& status) {
  if (status.stable) return status.stable->version;
  return status.last_good ? status.last_good->version : std::string();
}

}  // namespace millrace::inference_service
