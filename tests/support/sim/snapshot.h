// Snapshots: what a server holds, without what differs between runs that are the same (versions, uids, times); and how two of them differ.
// Thread contract: pure functions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "support/api_server/api_server.h"

namespace millrace::sim {

using Snapshot = std::map<std::string, std::string>;  // object by path

// A history tells the way, which a fault may change, not the end. Events, Leases and Secrets are left out.
Snapshot snapshot(const ApiServer& server);
// After a lost status its history is lost too; what must come back are the children, and where the parents stand.
Snapshot essence(const ApiServer& server);
// Two servers with the same fingerprint have the same future: as a snapshot, but with every time.
std::uint64_t fingerprint(const ApiServer& server);
// Two servers with the same likeness have the same snapshot.
std::uint64_t likeness(const ApiServer& server);

std::string path_of(const KindRules& kind, const kube::ObjectKey& key);
std::vector<std::string> differences(const Snapshot& is, const Snapshot& should);

}  // namespace millrace::sim
