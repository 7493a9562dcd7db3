// Which proxy the environment names for a host: HTTPS_PROXY (https_proxy) unless NO_PROXY (no_proxy) exempts it. Pure.
// Source: golang.org/x/net/http/httpproxy, whose rules kubectl follows: names with their subdomains, ".name" the subdomains alone,
// addresses, networks, "*" all; loopback is never proxied.
#pragma once

#include <string>
#include <string_view>

#include "kube/client/identity.h"

namespace millrace::kube {

// "http://host:port"; "": none.
std::string proxy_of(std::string_view host, const Environment& environment);

}  // namespace millrace::kube
