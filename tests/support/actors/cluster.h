// The rest of a cluster, as far as our children meet it: Job, Deployment and EndpointSlice controllers, gateways, kubelet, garbage
// collector.
// None keeps state: each looks at the API server and writes what follows from it at this instant, so that a fork is a copy of the server.
// A scenario scripts what containers do. Thread contract: pure functions over the server.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/time.h"
#include "support/api_server/api_server.h"

namespace millrace::sim {

struct ContainerOutcome {
  enum class What { Runs, Exits, Waits };
  What what = What::Runs;
  core::Duration after{1'000};      // Runs: until it is ready; Exits: how long it ran
  bool ready = true;                // Runs: becomes ready at all
  int exit_code = 0;                // Exits
  std::string message{}, reason{};  // Exits: termination message; Waits: the waiting reason (ImagePullBackOff …) and its message
};
inline ContainerOutcome runs(core::Duration until_ready = core::Duration(2'000)) { return {.after = until_ready}; }
inline ContainerOutcome exits(int code, std::string message = {}, core::Duration after = core::Duration(5'000)) {
  return {.what = ContainerOutcome::What::Exits,
          .after = after,
          .exit_code = code,
          .message = std::move(message),
          .reason = code == 0 ? "Completed" : "Error"};
}
inline ContainerOutcome waits(std::string reason, std::string message = {}) {
  return {.what = ContainerOutcome::What::Waits, .message = std::move(message), .reason = std::move(reason)};
}

// What a container of a pod does; must depend on its arguments alone.
using Script = std::function<ContainerOutcome(const json::Value& pod, const std::string& container)>;

// One round of every actor until none has anything left to do at this instant. True when something was written.
bool act(ApiServer& server, const Script& script, core::Instant now);
// When a container's state changes by itself next.
std::optional<core::Instant> next_change(const ApiServer& server, const Script& script, core::Instant now);

// Single actors; true when something was written.
bool run_jobs(ApiServer& server, core::Instant now);
bool run_deployments(ApiServer& server, core::Instant now);
bool run_endpoints(ApiServer& server, core::Instant now);
bool run_gateways(ApiServer& server, core::Instant now);
bool run_kubelet(ApiServer& server, const Script& script, core::Instant now);

struct PodState {
  json::Value status{};
  std::optional<core::Instant> next{};
};
// When a gateway tells next what it made of a route that changed.
std::optional<core::Instant> next_of_gateways(const ApiServer& server, core::Instant now);
PodState pod_state(const json::Value& pod, const Script& script, core::Instant now);

// Helpers of the actors.
bool owned_by(const json::Value& object, std::string_view uid);
bool deleting(const json::Value& object);
bool ended(const json::Value& pod);  // nothing of it runs any more
bool condition_true(const json::Value& object, std::string_view type);
json::Value pod_from(const json::Value& parent, std::string name, json::Object more_labels);

}  // namespace millrace::sim
