#include "inference_service/api/inference_service.h"
#include "model_version/api/model_version.h"
#include "support/api_server/custom_kind.h"
#include "support/toy/widget.h"
#include "training_job/api/training_job.h"

namespace millrace::sim {

void fill_custom(json::Value& object, const json::Schema& schema) {
  auto& members = *object.object();
  const json::Value meta = members["metadata"], api_version = members["apiVersion"], kind = members["kind"];
  json::prune(object, schema);
  json::apply_defaults(object, schema);
  members["apiVersion"] = api_version;
  members["kind"] = kind;
  members["metadata"] = meta;
}

std::vector<KindRules> millrace_kinds() {
  return {custom_kind<training_job::TrainingJob>(), custom_kind<model_version::ModelVersion>(),
          custom_kind<inference_service::InferenceService>(), custom_kind<toy::Widget>()};
}

}  // namespace millrace::sim
