#include "engine/complaint.h"

#include "core/text.h"
#include "json/difference.h"
#include "kube/model/condition_json.h"

namespace millrace::engine {
namespace {

constexpr std::size_t kMessageBytes = 900;

}  // namespace

std::optional<plan::Write> complaint(const kube::Resource& kind, const kube::ObjectMeta& meta, const json::Value& status,
                                     const json::Object& wanted) {
  json::Object seen;  // what it says of the same things now
  for (const auto& [name, value] : wanted.members()) {
    if (const json::Value* old = status.at({name})) seen[name] = *old;
  }
  json::Object patch = json::merge_difference(seen, wanted);
  if (patch.empty()) return std::nullopt;
  return plan::Write{.lane = plan::Lane::Status,
                     .how = plan::Write::How::MergeStatus,
                     .kind = &kind,
                     .name = meta.name,
                     .uid = meta.uid,
                     .resource_version = meta.resource_version,
                     .body = std::move(patch)};
}

json::Object internal_error(const json::Value& status, std::int64_t generation, std::string_view what, core::Instant now) {
  const kube::Conditions before = kube::conditions_of(status);
  kube::Conditions next = before;
  const std::string message = core::cut(core::to_utf8(what), kMessageBytes);
  kube::set(next, before,
            {.type = "InternalError", .status = "True", .observed_generation = generation, .reason = "InternalError", .message = message},
            now);
  return {{"conditions", kube::to_json(next)}, {"message", "InternalError: " + message}};
}

}  // namespace millrace::engine
