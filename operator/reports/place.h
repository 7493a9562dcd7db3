// Place: where pods find the operator. A Service without a selector, whose address pods are given; a Secret of the same name, which
// keeps the certificate, since pods that run carry it over restarts of the operator; an EndpointSlice of that name, which the leader
// writes, so that no follower gets reports. The chart makes Service and Secret.
// Thread contract: functions that block for calls to the API server.
#pragma once

#include <string>

#include "core/result.h"
#include "core/time.h"
#include "endpoints/certificate.h"
#include "kube/client/transport.h"
#include "kube/model/resource.h"
#include "shared/settings.h"

namespace millrace::reports {

inline constexpr kube::Resource kSecret{"", "v1", "Secret", "secrets"};

struct Place {
  std::string ns{}, name{};  // of the Service
};
struct Found {
  shared::Reports reports{};  // what pods are given
  endpoints::Certificate certificate{};
};

// Makes the certificate when the Secret holds none that fits. Two processes that start at once agree on one.
core::Result<Found> find(kube::Transport& calls, const Place& place, core::Instant now);

// Reports go to this address from now on.
core::Result<void> announce(kube::Transport& calls, const Place& place, const std::string& address, std::uint16_t port);

}  // namespace millrace::reports
