#include "inference_service/champion.h"

#include "inference_service/choose.h"

namespace millrace::inference_service {
namespace {

using model_version::Champion;

bool speaks_of(const model_version::Gate& gate, const std::string& service) {
  return gate.champion && (gate.champion->service.empty() || gate.champion->service == service);
}

// Where it runs or ran well, the comparison is behind it.
bool is_in_place(const Observed& seen, const Status& status, const model_version::ModelVersion& version) {
  const std::string& name = version.meta.name;
  if (status.stable && status.stable->version == name) return true;
  if (status.canary && status.canary->version == name) return true;
  if (status.last_good && status.last_good->version == name) return true;
  return verdict_of(version, seen.service.meta.name).verdict == "Good";
}

}  // namespace

std::optional<std::string> not_compared_yet(const Observed& seen, const Status& status, const model_version::ModelVersion& version) {
  Champion here{.service = seen.service.meta.name, .version = champion_of(status)};
  if (here.version.empty() || is_in_place(seen, status, version)) return std::nullopt;
  if (const auto* champion = find_version(seen, here.version)) here.digest = champion->spec.artifact.digest;
  for (std::size_t i = 0; i < version.spec.gates.size(); ++i) {
    if (!speaks_of(version.spec.gates[i], here.service)) continue;
    const auto& judged = i < version.status.gates.size() ? version.status.gates[i].champion : std::nullopt;
    if (judged && judged->service == here.service && is_same(*judged, here)) continue;
    return "ModelVersion " + version.meta.name + " waits for its gates to be judged against " + here.version +
           (judged ? "; they were against " + judged->version : "");
  }
  return std::nullopt;
}

}  // namespace millrace::inference_service
