// Blame: why a pod failed or does not get on, and whose doing it was (D17, D20). Pure: the facts of one pod in, one cause out.
// Version: its own doing (crash, out of memory at its limit, wrong bytes): a service rolls back. Place: registry, quota, node, store,
// missing Secret: wait and tell. Disruption: the pod was taken away (DisruptionTarget): free for a run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "kube/model/workloads.h"
#include "plan/plan.h"

namespace millrace::shared {

enum class Blame { Version, Place, Disruption };

struct Cause {
  Blame blame = Blame::Version;
  std::string reason{};   // shared/reasons.h, or the fetcher's own (docs/pods.md)
  std::string message{};  // one sentence: container, exit code, the kubelet's or the program's own words
  std::string container{};
  std::int64_t exit_code = 0, signal = 0;
  bool over = false;  // the pod or a container has ended by it; false: it hinders the pod, and may pass
  bool operator==(const Cause&) const = default;
};

// nullopt: nothing is wrong with it, as far as its status tells.
std::optional<Cause> blame(const kube::Pod& pod, core::Instant now);

// The cause of several pods of one workload: what has ended goes before what hinders, disruption first (it explains the rest), then the
// one that ended first.
std::optional<Cause> blame(const std::vector<const kube::Pod*>& pods, core::Instant now);

// A pod that is Terminating is written off as NodeLost at this instant (five minutes after its grace).
std::optional<core::Instant> written_off_at(const kube::Pod& pod);

// The newest Warning event of a pod or its workload, as a cause of the place. nullopt: it tells nothing, or nothing that still holds.
std::optional<Cause> cause_of(const plan::Sentence& sentence, bool scheduled);

}  // namespace millrace::shared
