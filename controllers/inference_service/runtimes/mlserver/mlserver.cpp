#include "inference_service/runtimes/mlserver/mlserver.h"

#include <algorithm>

#include "core/check.h"

namespace millrace::inference_service {
namespace {

std::string implementation(std::string_view format) {
  if (format == "sklearn") return "mlserver_sklearn.SKLearnModel";
  if (format == "xgboost") return "mlserver_xgboost.XGBoostModel";
  if (format == "lightgbm") return "mlserver_lightgbm.LightGBMModel";
  MILLRACE_CHECK(format == "mlflow");
  return "mlserver_mlflow.MLflowRuntime";
}

std::vector<shared::EnvVar> settings_of(const Serve& serve) {
  std::vector<shared::EnvVar> out{
      {"MLSERVER_MODEL_NAME", serve.model},
      {"MLSERVER_MODEL_IMPLEMENTATION", implementation(serve.format)},
      {"MLSERVER_MODEL_URI", std::string(kModelDir)},
      {"MLSERVER_HTTP_PORT", std::to_string(kHttpPort)},
      {"MLSERVER_GRPC_PORT", std::to_string(kGrpcPort)},
      {"MLSERVER_METRICS_PORT", std::to_string(kMetricsPort)},
      // Both default to the image's working folder, which need not be writable.
      {"MLSERVER_METRICS_DIR", "/tmp/.metrics"},
      {"MLSERVER_ENVIRONMENTS_DIR", "/tmp/.envs"},
  };
  if (serve.number > 0) out.push_back({"MLSERVER_MODEL_VERSION", std::to_string(serve.number)});
  return out;
}

json::Object probe(std::string path, int period, int failures) {
  return {{"httpGet", json::Object{{"path", std::move(path)}, {"port", "http"}}},
          {"periodSeconds", period},
          {"timeoutSeconds", 5},
          {"failureThreshold", failures}};
}

json::Object port(std::string_view name, int number) { return {{"name", name}, {"containerPort", number}, {"protocol", "TCP"}}; }

}  // namespace

std::string mlserver_image(std::string_view format, std::string_view version) {
  return "docker.io/seldonio/mlserver:" + std::string(version) + "-" + std::string(format);
}

json::Object mlserver_container(const Serve& serve, const Container& overrides) {
  std::vector<shared::EnvVar> env = settings_of(serve);
  const std::size_t ours = env.size();
  for (const shared::EnvVar& e : overrides.env) {
    const auto end = env.begin() + static_cast<std::ptrdiff_t>(ours);
    if (std::none_of(env.begin(), end, [&](const shared::EnvVar& known) { return known.name == e.name; })) env.push_back(e);
  }
  // A busy node must not kill a server that works: tried, six late answers did. A crash ends the container without any probe.
  json::Object out{{"name", "model"},
                   {"image", overrides.image.empty() ? serve.image : overrides.image},
                   {"env", shared::env_list(env)},
                   {"ports", json::Array{port("http", kHttpPort), port("grpc", kGrpcPort), port("metrics", kMetricsPort)}},
                   {"resources", shared::resources_of(overrides.resources)},
                   {"securityContext", shared::user_security()},
                   {"terminationMessagePolicy", "FallbackToLogsOnError"},
                   {"startupProbe", probe("/v2/health/live", 2, 300)},
                   {"livenessProbe", probe("/v2/health/live", 10, 30)},
                   {"readinessProbe", probe("/v2/models/" + serve.model + "/ready", 2, 5)},
                   {"lifecycle", json::Object{{"preStop", json::Object{{"sleep", json::Object{{"seconds", 10}}}}}}}};
  if (!overrides.args.empty()) out["args"] = overrides.args;
  if (!overrides.image_pull_policy.empty()) out["imagePullPolicy"] = overrides.image_pull_policy;
  return out;
}

}  // namespace millrace::inference_service
