// The pod template of a revision: init container `fetch` brings the model to /mnt/models and checks its digest, container `model` serves
// it.
#pragma once

#include "inference_service/runtimes/runtime.h"
#include "shared/settings.h"

namespace millrace::inference_service {

json::StringMap revision_labels(const InferenceService& service, std::string_view revision);  // a selector of its pods

json::Array service_ports();  // of every Service in front of them

json::Object pod_template(const InferenceService& service, const model_version::ModelVersion& version, const Runtime& runtime,
                          std::string_view revision, const shared::Settings& settings);

}  // namespace millrace::inference_service
