#include "inference_service/routers/gateway_api/hostnames.h"

#include <algorithm>
#include <tuple>

namespace millrace::inference_service {
namespace {

std::string namespace_of(const ParentRef& ref, const InferenceService& service) { return ref.ns.empty() ? service.meta.ns : ref.ns; }

// Where one of them names no listener or port, it is on all.
bool same_parent(const ParentRef& a, const ParentRef& b, const InferenceService& service) {
  const bool listener = a.section_name.empty() || b.section_name.empty() || a.section_name == b.section_name;
  const bool port = a.port == 0 || b.port == 0 || a.port == b.port;
  return a.name == b.name && namespace_of(a, service) == namespace_of(b, service) && listener && port;
}

template <class T>
const T* common(const std::vector<T>& ours, const std::vector<T>& theirs) {
  const auto at = std::find_first_of(ours.begin(), ours.end(), theirs.begin(), theirs.end());
  return at == ours.end() ? nullptr : &*at;
}

bool match_alike(const Gateway& a, const Gateway& b) {
  return (a.matches.empty() && b.matches.empty()) || common(a.matches, b.matches) != nullptr;
}

bool is_older(const InferenceService& a, const InferenceService& b) {
  return std::tie(a.meta.created, a.meta.name) < std::tie(b.meta.created, b.meta.name);
}

}  // namespace

bool claims_hostnames(const Spec& spec) {
  return spec.route.provider == Provider::GatewayAPI && spec.route.gateway && !spec.route.gateway->hostnames.empty();
}

std::string taken_hostname(const Observed& seen) {
  if (!claims_hostnames(seen.service.spec)) return {};
  const Gateway& ours = *seen.service.spec.route.gateway;
  for (const auto& other : seen.neighbours) {
    if (other->meta.deleting() || !claims_hostnames(other->spec) || !is_older(*other, seen.service)) continue;
    const Gateway& theirs = *other->spec.route.gateway;
    const std::string* host = common(ours.hostnames, theirs.hostnames);
    if (host == nullptr || !match_alike(ours, theirs)) continue;
    for (const ParentRef& ref : ours.parent_refs) {
      const auto same = [&](const ParentRef& r) { return same_parent(ref, r, seen.service); };
      if (std::none_of(theirs.parent_refs.begin(), theirs.parent_refs.end(), same)) continue;
      return "spec.route.gateway.hostnames: " + *host + " on Gateway " + namespace_of(ref, seen.service) + "/" + ref.name +
             " is InferenceService " + other->meta.name + "'s, which is older, with the same matches; allowed: another host name or match";
    }
  }
  return {};
}

}  // namespace millrace::inference_service
