#include "shared/pods.h"

#include "core/check.h"

namespace millrace::shared {
namespace {

using json::field;

constexpr json::Field kEnv[] = {
    field<&EnvVar::name>(
        "name", "Name of the variable; MILLRACE_… belongs to the operator.",
        {.min_length = 1, .max_length = 128, .pattern = "^[A-Za-z_][A-Za-z0-9_.-]*$", .example = "LEARNING_RATE", .required = true}),
    field<&EnvVar::value>("value", "Its value, as written.", {.max_length = 4096, .example = "0.1"}),
    field<&EnvVar::value_from>("valueFrom",
                               "Where its value comes from, as in a pod (secretKeyRef, configMapKeyRef, fieldRef, resourceFieldRef); the "
                               "API server judges it when the pod is made.",
                               {.max_length = 4096}),
};
constexpr json::Field kResources[] = {
    field<&Resources::requests>("requests", "What the container is promised, e.g. cpu, memory, ephemeral-storage.",
                                {.max_length = 32, .max_properties = 16}),
    field<&Resources::limits>("limits", "What it may use at most; the API server refuses limits below requests.",
                              {.max_length = 32, .max_properties = 16}),
};
constexpr json::Field kStep[] = {
    field<&Step::image>("image", "Image to run; a digest makes runs reproducible.",
                        {.min_length = 1, .max_length = 512, .example = "docker.io/library/python:3.12", .required = true}),
    field<&Step::command>("command", "What to run. Required: it runs under millrace-step, so an image's ENTRYPOINT is never guessed.",
                          {.max_length = 16384, .min_items = 1, .max_items = 64, .required = true}),
    field<&Step::args>("args", "Arguments after the command.", {.max_length = 16384, .max_items = 256}),
    field<&Step::env>("env", "Environment; MILLRACE_PARAM_<NAME> holds each parameter as well.", {.max_items = 128, .list_key = "name"}),
    field<&Step::resources>("resources", "Requests and limits of the container."),
    field<&Step::image_pull_policy>("imagePullPolicy",
                                    "Always, IfNotPresent or Never; empty: Always for the tag latest, else IfNotPresent.",
                                    {.max_length = 16, .pattern = "^(Always|IfNotPresent|Never)?$", .example = "IfNotPresent"}),
};

json::Object no_escalation() {
  return {{"allowPrivilegeEscalation", false},
          {"capabilities", json::Object{{"drop", json::Array{"ALL"}}}},
          {"seccompProfile", json::Object{{"type", "RuntimeDefault"}}}};
}

}  // namespace

constinit const json::Schema EnvVar::schema{.doc = "One environment variable.", .fields = kEnv};
constinit const json::Schema Resources::schema{.doc = "Compute resources, as quantities in quotes (\"500m\", \"1Gi\").",
                                               .fields = kResources};
constinit const json::Schema Step::schema{.doc = "A command of the user in an image of the user's choice.", .fields = kStep};

json::Object our_security() {
  json::Object out = no_escalation();
  out["runAsUser"] = kUser;
  out["runAsGroup"] = kUser;
  out["runAsNonRoot"] = true;
  out["readOnlyRootFilesystem"] = true;
  return out;
}

json::Object user_security() { return no_escalation(); }

json::Object pod_security() {
  return {{"fsGroup", kUser}, {"fsGroupChangePolicy", "OnRootMismatch"}, {"seccompProfile", json::Object{{"type", "RuntimeDefault"}}}};
}

json::Object pod_spec(std::string_view restart_policy) {
  return {{"automountServiceAccountToken", false},
          {"enableServiceLinks", false},
          {"restartPolicy", restart_policy},
          {"securityContext", pod_security()}};
}

json::Object mount(std::string_view volume, std::string_view path, bool read_only, std::string_view sub_path) {
  json::Object out{{"name", volume}, {"mountPath", path}};
  if (read_only) out["readOnly"] = true;
  if (!sub_path.empty()) out["subPath"] = sub_path;
  return out;
}

json::Object claim_volume(std::string_view name, std::string_view claim, bool read_only) {
  json::Object source{{"claimName", claim}};
  if (read_only) source["readOnly"] = true;
  return {{"name", name}, {"persistentVolumeClaim", std::move(source)}};
}

json::Object secret_volume(std::string_view name, std::string_view secret, bool optional) {
  json::Object source{{"secretName", secret}, {"defaultMode", 0440}};
  if (optional) source["optional"] = true;
  return {{"name", name}, {"secret", std::move(source)}};
}

json::Object empty_dir(std::string_view name, std::int64_t size_limit) {
  json::Object source;
  if (size_limit > 0) source["sizeLimit"] = std::to_string(size_limit);
  return {{"name", name}, {"emptyDir", std::move(source)}};
}

json::Array env_list(const std::vector<EnvVar>& env) {
  json::Array out;
  for (const EnvVar& e : env) {
    json::Object one{{"name", e.name}};
    if (!e.value.empty()) one["value"] = e.value;
    if (!e.value_from.bytes.empty()) {
      auto parsed = json::parse(e.value_from.bytes);
      MILLRACE_CHECK(parsed.has_value());
      one["valueFrom"] = std::move(*parsed);
    }
    out.push_back(std::move(one));
  }
  return out;
}

json::Object resources_of(const Resources& resources) {
  json::Object out;
  if (!resources.requests.empty()) out["requests"] = resources.requests;
  if (!resources.limits.empty()) out["limits"] = resources.limits;
  return out;
}

std::string verbatim(std::string_view value) {
  std::string out;
  for (const char c : value) out.append(c == '$' ? 2 : 1, c);
  return out;
}

json::Object our_container(const Settings& settings, std::string_view name, std::vector<std::string> command, const json::Value& task,
                           json::Array mounts) {
  json::Object out{
      {"name", name},
      {"image", settings.fetcher_image},
      {"imagePullPolicy", settings.fetcher_pull_policy},
      {"command", command},
      {"securityContext", our_security()},
      {"terminationMessagePolicy", "File"},
      {"volumeMounts", std::move(mounts)},
      {"resources", json::Object{{"requests", json::Object{{"cpu", "10m"}, {"memory", "32Mi"}, {"ephemeral-storage", "16Mi"}}}}}};
  if (!task.is_null()) out["env"] = json::Array{json::Object{{"name", "MILLRACE_TASK"}, {"value", verbatim(json::dump(task))}}};
  return out;
}

}  // namespace millrace::shared
