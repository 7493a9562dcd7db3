#include "kinds.h"

#include "inference_service/api/inference_service.h"
#include "inference_service/controller.h"
#include "model_version/api/model_version.h"
#include "model_version/controller.h"
#include "training_job/api/training_job.h"
#include "training_job/controller.h"

namespace millrace {

namespace {

using kube::Column;

constexpr Column kTrainingJob[] = {
    {"PHASE", "string", ".status.phase"},
    {"RUN", "integer", ".status.run.number"},
    {"PROGRESS", "string", ".status.run.progress.percent"},
    {"ETA", "string", ".status.run.eta"},
    {"VERSION", "string", ".status.modelVersion"},
    {"RESULT", "string", ".status.result"},
    {"MESSAGE", "string", ".status.message"},
    {"AGE", "date", ".metadata.creationTimestamp"},
    {"MODEL", "string", ".spec.model", 1},
};
constexpr Column kModelVersion[] = {
    {"MODEL", "string", ".spec.model"},        {"PHASE", "string", ".status.phase"},
    {"SCORE", "string", ".status.score"},      {"VERDICT", "string", ".status.verdict"},
    {"MESSAGE", "string", ".status.message"},  {"AGE", "date", ".metadata.creationTimestamp"},
    {"ORIGIN", "string", ".status.origin", 1}, {"DIGEST", "string", ".spec.artifact.digest", 1},
};
constexpr Column kInferenceService[] = {
    {"PHASE", "string", ".status.phase"},
    {"AVAILABLE", "string", ".status.available"},
    {"STABLE", "string", ".status.stable.version"},
    {"CANARY", "string", ".status.canary.version"},
    {"WEIGHT", "string", ".status.weight"},
    {"STEP", "string", ".status.step"},
    {"MESSAGE", "string", ".status.message"},
    {"AGE", "date", ".metadata.creationTimestamp"},
    {"URL", "string", ".status.url", 1},
};
constexpr std::string_view kSelectable[] = {".spec.model", ".status.phase"};

const kube::CrdTable kKinds[] = {
    {&kube::resources::kTrainingJob, "mltj", "Keeps a model trained: one run per change of what determines its result.",
     &training_job::Spec::schema, &training_job::Status::schema, kTrainingJob, kSelectable, 40},
    {&kube::resources::kModelVersion, "mlmv", "One model, for ever the same: digest, lineage, metrics and gates.",
     &model_version::Spec::schema, &model_version::Status::schema, kModelVersion, kSelectable, 52},
    {&kube::resources::kInferenceService, "mlis", "Serves a model behind one entry and changes its version safely.",
     &inference_service::Spec::schema, &inference_service::Status::schema, kInferenceService, kSelectable, 40},
};

}  // namespace

std::span<const kube::CrdTable> kinds() { return kKinds; }

std::vector<std::unique_ptr<engine::Controller>> make_controllers(const shared::Settings& settings) {
  std::vector<std::unique_ptr<engine::Controller>> out;
  out.push_back(training_job::make_controller(settings));
  out.push_back(model_version::make_controller(settings));
  out.push_back(inference_service::make_controller(settings));
  return out;
}

}  // namespace millrace
