// ExecPlugin: a program that gives the token of the moment, as managed clusters' kubeconfigs name one (users[].user.exec). It is run
// without a terminal, with KUBERNETES_EXEC_INFO in its environment, for a minute at most; what it writes to stderr is part of the error.
// Answers of up to 1 MiB. Client certificates of a plugin are not supported.
// Thread contract: run() blocks its caller; values otherwise. Errors: Unavailable with what the program said.
// Source: client-go plugin/pkg/client/auth/exec, API client.authentication.k8s.io/v1 and v1beta1.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/time.h"

namespace millrace::kube {

struct ExecPlugin {
  std::string command{};  // a path, or a name that is looked for in PATH
  std::vector<std::string> args{};
  std::vector<std::pair<std::string, std::string>> env{};  // besides our own
  std::string api_version{};
  std::string cluster{};  // JSON for the plugin that asks for it (provideClusterInfo); "": none
  bool operator==(const ExecPlugin&) const = default;
};

struct ExecCredential {
  std::string token{};
  std::optional<core::Instant> expires{};
  bool operator==(const ExecCredential&) const = default;
};

core::Result<ExecCredential> run(const ExecPlugin& plugin, core::Duration limit = core::Duration(60'000));
core::Result<ExecCredential> read_exec_credential(const std::string& text, const std::string& api_version);

}  // namespace millrace::kube
