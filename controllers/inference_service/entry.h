// Entry: the Service by which clients inside the cluster reach a service. At rest there is one. While its name changes there are two, which
// are written alike, until the one of the wanted name has all that the old one has; then that goes. Which they are is read from the
// cluster: there is nothing to remember. Pure.
#pragma once

#include <string>
#include <vector>

#include "inference_service/observed.h"

namespace millrace::inference_service {

// The oldest of ours; nullptr: there is none.
std::shared_ptr<const kube::Service> entry_in_force(const All<kube::Service>& services);

// Names that the pass writes: all that are there; the wanted one as soon as nobody comes or leaves, or there is no other.
std::vector<std::string> entries_wanted(const Observed& seen, const Status& status);

// The entry of the wanted name is not there yet, and waits for the end of a rollout.
bool entry_waits(const Observed& seen, const Status& status);

// There is more than one.
bool entry_moves(const Observed& seen);

// Those of former names, once the wanted one points where they do, bears what they bear and has their endpoints.
All<kube::Service> former_entries(const Observed& seen);

}  // namespace millrace::inference_service
