#include "shared/rejection.h"

#include "core/text.h"
#include "kube/model/condition_json.h"
#include "shared/conditions.h"

namespace millrace::shared {
namespace {

constexpr std::size_t kMessageBytes = 900;
constexpr const char* kInvalid = "Invalid";

kube::Conditions conditions(const json::Value& status, std::int64_t generation, const std::string& why, core::Instant now) {
  const kube::Conditions before = kube::conditions_of(status);
  kube::Conditions out = before;
  const Summary all = summary(Situation::Invalid);
  const std::pair<const char*, bool> wanted[] = {
      {"Accepted", false}, {"Ready", all.ready}, {"Reconciling", all.reconciling}, {"Stalled", all.stalled}, {"Settled", all.settled}};
  for (const auto& [type, holds] : wanted) {
    kube::set(out, before,
              {.type = type,
               .status = holds ? "True" : "False",
               .observed_generation = generation,
               .reason = std::string(reason::kInvalid),
               .message = why},
              now);
  }
  return out;
}

json::Value settled(const json::Value& status, std::int64_t generation, core::Instant now) {
  json::Object out{{"generation", generation}, {"result", kInvalid}, {"at", core::to_rfc3339(now)}};
  const json::Value* before = status.at({"settled"});
  const json::Value* of = status.at({"settled", "generation"});
  const bool told = before != nullptr && before->text_at({"result"}) == kInvalid && of != nullptr && of->integer() == generation;
  if (told && before->at({"at"}) != nullptr) out["at"] = *before->at({"at"});
  return out;
}

}  // namespace

json::Object rejection(const json::Value& status, std::int64_t generation, const std::string& why, core::Instant now) {
  const std::string message = core::cut(core::to_utf8(why), kMessageBytes);
  return {{"observedGeneration", generation},
          {"phase", kInvalid},
          {"message", message},
          {"result", kInvalid},
          {"settled", settled(status, generation, now)},
          {"conditions", kube::to_json(conditions(status, generation, message, now))}};
}

}  // namespace millrace::shared
