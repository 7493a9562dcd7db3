#include "kube/model/resource.h"

namespace millrace::kube {
namespace {

bool is_unreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

std::string encoded(std::string_view segment) {
  constexpr char kHex[] = "0123456789ABCDEF";
  // A segment of dots alone would be folded away by whoever normalises the path.
  const bool dots = segment.find_first_not_of('.') == std::string_view::npos;
  std::string out;
  for (const unsigned char c : segment) {
    if (is_unreserved(c) && !dots) {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += kHex[c >> 4];
      out += kHex[c & 15];
    }
  }
  return out;
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
