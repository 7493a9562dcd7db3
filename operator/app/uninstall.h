// `millrace uninstall`: before the operator leaves a cluster, nothing of the cluster may wait for it any more (D39).
// It takes the Lease, so that no operator puts back what is removed, and takes our finalizers off all ModelVersions.
// Exit codes: 0 nothing holds any more, 1 something does, and it was said what.
#pragma once

#include <string>

namespace millrace::app {

struct UninstallOptions {
  std::string kubeconfig{}, context{}, ns{}, lease_ns{};
};

int uninstall(const UninstallOptions& options);

}  // namespace millrace::app
