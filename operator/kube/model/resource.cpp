#include "kube/model/resource.h"

#include "core/percent.h"

namespace millrace::kube {
namespace {

// A segment of dots alone would be folded away by whoever normalises the path.
std::string encoded(std::string_view segment) {
  const bool dots = !segment.empty() && segment.find_first_not_of('.') == std::string_view::npos;
  return core::percent_encoded(segment, dots ? "" : core::kUnreserved);
}

}  // namespace

std::string api_version(const Resource& r) {
  return r.group.empty() ? std::string(r.version) : std::string(r.group) + "/" + std::string(r.version);
}

std::string collection_path(const Resource& r, std::string_view ns) {
  std::string out = r.group.empty() ? "/api/" : "/apis/";
  out += api_version(r);
  if (r.namespaced && !ns.empty()) out += "/namespaces/" + encoded(ns);
  out += "/";
  out += r.plural;
  return out;
}

std::string object_path(const Resource& r, std::string_view ns, std::string_view name, std::string_view subresource) {
  std::string out = collection_path(r, ns) + "/" + encoded(name);
  if (!subresource.empty()) out += "/" + encoded(subresource);
  return out;
}

}  // namespace millrace::kube
