#include "support/api_server/list_options.h"

#include <algorithm>

#include "kube/model/meta.h"
#include "support/api_server/errors.h"

namespace millrace::sim {
namespace {

using json::Object;

kube::Response forbidden(std::string_view why) {
  const Object cause{{"reason", "FieldValueForbidden"}, {"message", why}, {"field", "resourceVersionMatch"}};
  return failure(422, "Invalid", "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: " + std::string(why),
                 Object{{"group", "meta.k8s.io"}, {"kind", "ListOptions"}, {"causes", json::Array{cause}}});
}

std::optional<kube::Response> broken_match(const Call& call) {
  const std::string version = call.option("resourceVersion"), match = call.option("resourceVersionMatch");
  if (call.watch()) {
    const bool initial = call.flag("sendInitialEvents");
    if (initial && match != "NotOlderThan") return forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    if (!initial && !match.empty()) return forbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
    return std::nullopt;
  }
  if (match.empty()) return std::nullopt;
  if (version.empty()) return forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided");
  if (match == "Exact" && version == "0") return forbidden("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
  return std::nullopt;
}

}  // namespace

std::optional<kube::Response> broken_list_options(const Call& call, std::uint64_t newest) {
  if (auto no = broken_match(call)) return no;
  const std::string version = call.option("resourceVersion");
  if (!std::ranges::all_of(version, [](char c) { return c >= '0' && c <= '9'; })) {
    return bad_request("Invalid value: \"" + version + "\": strconv.ParseUint: parsing \"" + version + "\": invalid syntax");
  }
  if (call.watch() || version.empty() || kube::compare_versions(version, std::to_string(newest)) <= 0) return std::nullopt;
  const std::string why = "Too large resource version: " + version + ", current: " + std::to_string(newest);
  const Object cause{{"reason", "ResourceVersionTooLarge"}, {"message", "Too large resource version"}};
  return failure(504, "Timeout", "Timeout: " + why, Object{{"causes", json::Array{cause}}, {"retryAfterSeconds", 1}});
}

}  // namespace millrace::sim
