// Runtime: a model server as a pure renderer. One folder per runtime, one line in catalog.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "inference_service/api/inference_service.h"
#include "json/value.h"
#include "model_version/api/model_version.h"

namespace millrace::inference_service {

struct Serve {  // what a container is rendered from
  std::string model{};
  std::int64_t number = 0;  // of the version; 0: unknown
  std::string format{};
  std::string image{};  // of the runtime, when the container names none
};

inline constexpr std::string_view kModelDir = "/mnt/models";  // where the model lies, read-only by custom
inline constexpr int kHttpPort = 8080, kGrpcPort = 8081, kMetricsPort = 8082;

struct Queries {  // PromQL of a runtime's own metrics; `pods`: label matchers, `window`: a range ("90s"). No sample: nothing was counted
  std::string (*requests)(std::string_view pods, std::string_view window);              // inference requests, without probes
  std::string (*errors)(std::string_view pods, std::string_view window);                // of those, that the server failed
  std::string (*within)(double bound, std::string_view pods, std::string_view window);  // of those, that took at most `bound` seconds
  std::span<const double> bounds;  // of the buckets of its latencies, in seconds, rising
};

struct Runtime {
  std::string_view name;
  std::string_view version;                   // of the default images; a new one reaches production with the next revision only (D3)
  std::span<const std::string_view> formats;  // that it loads
  std::string (*image)(std::string_view format, std::string_view version);
  json::Object (*container)(const Serve& serve, const Container& overrides);  // named "model", without volume mounts
  const Queries* queries = nullptr;                                           // nullptr: it tells nothing that presets know
};

std::span<const Runtime> runtimes();  // in the order in which Auto asks them

// By name, or with Auto the first that loads the format. nullptr: none.
const Runtime* runtime_for(RuntimeChoice choice, std::string_view format);
std::string formats_of(RuntimeChoice choice);  // "lightgbm, mlflow, sklearn", for sentences

}  // namespace millrace::inference_service
