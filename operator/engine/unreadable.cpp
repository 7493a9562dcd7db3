#include "engine/unreadable.h"

#include <charconv>

#include "engine/raw.h"

namespace millrace::engine {

kube::ObjectMeta identity_of(std::string_view object) {
  const std::string_view metadata = raw_member(object, "metadata");
  const auto text = [&](std::string_view name) { return std::string(raw_text(raw_member(metadata, name))); };
  kube::ObjectMeta out{.name = text("name"), .ns = text("namespace"), .uid = text("uid"), .resource_version = text("resourceVersion")};
  const std::string_view generation = raw_member(metadata, "generation");
  std::from_chars(generation.data(), generation.data() + generation.size(), out.generation);
  out.deletion = core::parse_rfc3339(text("deletionTimestamp"));
  return out;
}

Unreadable unreadable(std::string_view object, std::string why) {
  Unreadable out{.meta = identity_of(object), .why = std::move(why)};
  if (auto status = json::parse(raw_member(object, "status"))) out.status = std::move(*status);
  return out;
}

}  // namespace millrace::engine
