// Versions as planner tests see them: made by hand or by a run, with their claim and their verify Jobs.
#pragma once

#include <string>

#include "model_version/plan.h"
#include "shared/labels.h"

namespace millrace::model_version {

using std::chrono::minutes;
using std::chrono::seconds;

inline const core::Instant kNow = *core::parse_rfc3339("2026-05-01T12:00:00Z");
inline const std::string kDigest = "sha256:" + std::string(64, 'a');

inline Observed by_hand() {
  Observed out{.now = kNow};
  out.version.meta = {.name = "churn-v1", .ns = "shop", .uid = "u1", .resource_version = "5", .generation = 1};
  out.version.meta.created = kNow - minutes(1);
  out.version.spec = {.model = "churn", .version = 1, .artifact = {.uri = "pvc://models/churn", .digest = kDigest, .format = "sklearn"}};
  return out;
}

inline Observed by_run(const std::string& accuracy) {
  Observed out = by_hand();
  out.version.spec.provenance = Provenance{.training_job = "churn", .run = 1};
  out.version.spec.metrics = {{"accuracy", accuracy}};
  out.version.spec.gates = {{.metric = "accuracy", .min = json::Decimal{"0.90"}}};
  return out;
}

inline plan::Fact claim_fact(bool exists) {
  const plan::ObjectByName what{&kube::resources::kClaim, "models"};
  return {.question = {.what = what, .at = kNow}, .answer = plan::Found{.exists = exists}, .answered = kNow};
}

inline kube::Job verify_of(const Observed& seen, std::int64_t number) {
  kube::Job out;
  out.meta = {.name = "churn-v1-verify-" + std::to_string(number), .ns = "shop", .uid = "j" + std::to_string(number)};
  out.meta.created = kNow - seconds(5);
  out.meta.labels = {{std::string(shared::kVerifyLabel), std::to_string(number)}};
  out.meta.owners = {{.kind = "ModelVersion", .name = "churn-v1", .uid = seen.version.meta.uid, .controller = true}};
  return out;
}

inline std::string status_of(const plan::Plan<Status>& plan, const char* type) {
  const auto* condition = kube::find(plan.status->conditions, type);
  return condition ? condition->status : "absent";
}

}  // namespace millrace::model_version
