// MLServer: Open Inference Protocol (V2) over HTTP and gRPC. Settings by environment: MLSERVER_… of the server, MLSERVER_MODEL_… of the
// one model, so that a folder without model-settings.json is served too. Source: MLServer 1.7, settings.py.
#pragma once

#include "inference_service/runtimes/mlserver/queries.h"
#include "inference_service/runtimes/runtime.h"

namespace millrace::inference_service {

std::string mlserver_image(std::string_view format, std::string_view version);
json::Object mlserver_container(const Serve& serve, const Container& overrides);

inline constexpr std::string_view kMlServerFormats[] = {"lightgbm", "mlflow", "sklearn", "xgboost"};
inline constexpr Runtime kMlServer{.name = "MLServer",
                                   .version = "1.7.1",
                                   .formats = kMlServerFormats,
                                   .image = mlserver_image,
                                   .container = mlserver_container,
                                   .queries = &kMlServerQueries};

}  // namespace millrace::inference_service
