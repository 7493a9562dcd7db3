// Release: takes our finalizers off every object of a kind, for a cluster that the operator leaves (D39).
// Thread contract: blocks the caller. Errors: the first list that fails ends it; an object that cannot be written is told and the others
// go on.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "kube/client/transport.h"
#include "kube/client/verbs.h"

namespace millrace::kube {

struct Released {
  std::size_t objects = 0;             // that held one of ours
  std::vector<std::string> refused{};  // "<namespace>/<name>: why" of those that hold it still
};

core::Result<Released> release_all(Transport& transport, const Resource& kind, const std::string& ns,
                                   const std::vector<std::string>& finalizers, std::stop_token stop = {});

}  // namespace millrace::kube
