// Pieces of pods that all kinds render: the user's Step as API struct with its table, security contexts, containers of our own image.
// Ours run as user 65532 with a read-only root; the user's keep their image's user but gain no rights. No pod gets a token.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/schema.h"
#include "json/value.h"
#include "shared/settings.h"

namespace millrace::shared {

struct EnvVar {
  std::string name{}, value{};
  json::Text value_from{};  // corev1.EnvVarSource, judged by the API server when the pod is made
  static const json::Schema schema;
  bool operator==(const EnvVar&) const = default;
};
struct Resources {
  json::StringMap requests{}, limits{};  // quantities; the API server refuses limits below requests
  static const json::Schema schema;
  bool operator==(const Resources&) const = default;
};
// A command of the user in an image of the user's choice.
struct Step {
  std::string image{};
  std::vector<std::string> command{};  // required: an image's ENTRYPOINT is never guessed
  std::vector<std::string> args{};
  std::vector<EnvVar> env{};
  Resources resources{};
  std::string image_pull_policy{};  // "": the cluster's default
  static const json::Schema schema;
  bool operator==(const Step&) const = default;
};

inline constexpr std::string_view kVolume = "millrace", kMount = "/millrace", kBinary = "/millrace/bin/millrace-step";
inline constexpr std::int64_t kUser = 65532;

json::Object our_security();   // of containers that run our image
json::Object user_security();  // of containers that run the user's
json::Object pod_security();   // fsGroup 65532, OnRootMismatch; seccomp RuntimeDefault

// {automountServiceAccountToken: false, enableServiceLinks: false, restartPolicy, securityContext}
json::Object pod_spec(std::string_view restart_policy);

json::Object mount(std::string_view volume, std::string_view path, bool read_only = false, std::string_view sub_path = {});
json::Object claim_volume(std::string_view name, std::string_view claim, bool read_only);
json::Object secret_volume(std::string_view name, std::string_view secret, bool optional = false);
json::Object empty_dir(std::string_view name, std::int64_t size_limit = 0);  // bytes; 0: no limit

json::Array env_list(const std::vector<EnvVar>& env);
json::Object resources_of(const Resources& resources);

// As the value of an environment variable: each $ doubled, since the kubelet expands $(NAME) and takes $$ for $.
std::string verbatim(std::string_view value);

// A container of the fetcher's image that runs `command`; `task` becomes MILLRACE_TASK when it is not null.
json::Object our_container(const Settings& settings, std::string_view name, std::vector<std::string> command, const json::Value& task,
                           json::Array mounts);

}  // namespace millrace::shared
