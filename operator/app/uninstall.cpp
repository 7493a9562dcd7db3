#include "app/uninstall.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "app/run.h"
#include "json/value.h"
#include "kube/client/identity.h"
#include "kube/client/release.h"
#include "kube/client/rest_transport.h"
#include "kube/client/verbs.h"
#include "model_version/api/model_version.h"
#include "telemetry/meters.h"

namespace millrace::app {
namespace {

constexpr int kTries = 10;
// Longer than any leader writes after it renewed last (engine/lease.h), so that its last write is behind us.
constexpr std::chrono::seconds kQuiet{15};
// For so long no other operator takes over: it takes less to remove it.
constexpr std::int64_t kHeld = 60;

int complain(const std::string& what) {
  std::fprintf(stderr, "uninstall: %s\n", what.c_str());
  return 1;
}

json::Value lease_of(const std::string& ns, const std::string& version) {
  const std::string time = core::to_rfc3339_micro(std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now()));
  json::Object metadata{{"name", kLease}, {"namespace", ns}};
  if (!version.empty()) metadata["resourceVersion"] = version;
  return json::Object{
      {"apiVersion", "coordination.k8s.io/v1"},
      {"kind", "Lease"},
      {"metadata", std::move(metadata)},
      {"spec", json::Object{{"holderIdentity", "uninstall"}, {"leaseDurationSeconds", kHeld}, {"acquireTime", time}, {"renewTime", time}}}};
}

// Whoever leads sees another holder when it renews, and leaves.
core::Result<bool> take_lease(kube::Transport& transport, const std::string& ns) {
  const kube::ObjectKey key{ns, std::string(kLease)};
  core::Error last{core::ErrorCode::Conflict, "the Lease was written by others each time"};
  for (int i = 0; i < kTries; ++i) {
    const auto live = transport.send(kube::verbs::get(kube::resources::kLease, key), {});
    if (!live) return live.error();
    if (live->status == 404) return false;  // nobody leads here
    if (!kube::verbs::succeeded(*live)) return kube::verbs::error_of(*live);
    MILLRACE_TRY(lease, json::parse(live->body));
    const json::Value wanted = lease_of(ns, lease.text_at({"metadata", "resourceVersion"}));
    const auto put = transport.send(kube::verbs::replace(kube::resources::kLease, key, wanted), {});
    if (put && kube::verbs::succeeded(*put)) return true;
    last = put ? kube::verbs::error_of(*put) : put.error();
  }
  return last;
}

}  // namespace

int uninstall(const UninstallOptions& options) {
  const auto identity = kube::find_identity({.kubeconfig = options.kubeconfig, .context = options.context}, kube::process_environment());
  if (!identity) return complain(identity.error().message);
  telemetry::Meters meters;
  kube::RestTransport transport(*identity, kube::tokens_of(*identity), meters);
  const char* pod_ns = std::getenv("POD_NAMESPACE");
  const std::string ns = !options.lease_ns.empty() ? options.lease_ns : pod_ns != nullptr ? pod_ns : identity->ns;
  const auto taken = take_lease(transport, ns);
  if (!taken) return complain("the Lease " + ns + "/" + kLease + ": " + taken.error().message);
  if (*taken) std::this_thread::sleep_for(kQuiet);
  const std::vector<std::string> ours{std::string(model_version::kInUseFinalizer), std::string(model_version::kArtifactFinalizer)};
  const auto released = kube::release_all(transport, kube::resources::kModelVersion, options.ns, ours);
  if (!released) return complain("the list of ModelVersions: " + released.error().message);
  for (const std::string& why : released->refused) complain(why);
  std::printf("%zu ModelVersions held a finalizer of ours; %zu hold it still\n", released->objects, released->refused.size());
  std::fflush(stdout);
  std::_Exit(released->refused.empty() ? 0 : 1);  // the client library's threads may not be joined safely
}

}  // namespace millrace::app
