#include "engine/unreadable.h"

#include <charconv>

#include "json/raw.h"

namespace millrace::engine {

kube::ObjectMeta identity_of(std::string_view object) {
  kube::ObjectMeta out;
  json::raw_members(json::raw_member(object, "metadata"), [&](std::string_view name, std::string_view value) {
    if (name == "name") out.name = json::raw_text(value);
    if (name == "namespace") out.ns = json::raw_text(value);
    if (name == "uid") out.uid = json::raw_text(value);
    if (name == "resourceVersion") out.resource_version = json::raw_text(value);
    if (name == "generation") std::from_chars(value.data(), value.data() + value.size(), out.generation);
    if (name == "deletionTimestamp") out.deletion = core::parse_rfc3339(json::raw_text(value));
    return true;
  });
  return out;
}

Unreadable unreadable(std::string_view object, std::string why) {
  Unreadable out{.meta = identity_of(object), .why = std::move(why)};
  if (auto status = json::parse(json::raw_member(object, "status"))) out.status = std::move(*status);
  return out;
}

}  // namespace millrace::engine
