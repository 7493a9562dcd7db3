#include "shared/places.h"

#include <algorithm>

#include "shared/pods.h"

namespace millrace::shared {

bool Places::is_new(const std::string& folder) {
  if (std::find(folders_.begin(), folders_.end(), folder) != folders_.end()) return false;
  folders_.push_back(folder);
  return true;
}

std::string Places::claim(std::string_view name, bool read_only) {
  std::string folder = "/millrace/claims/" + std::string(name);
  if (!is_new(folder)) return folder;
  const std::string volume = prefix_ + "-claim-" + std::to_string(folders_.size());
  mounts_.emplace_back(mount(volume, folder, read_only));
  volumes_.emplace_back(claim_volume(volume, name, read_only));
  return folder;
}

std::string Places::secret(std::string_view name, bool may_be_absent) {
  std::string folder = "/millrace/secrets/" + std::string(name);
  if (!is_new(folder)) return folder;
  const std::string volume = prefix_ + "-secret-" + std::to_string(folders_.size());
  mounts_.emplace_back(mount(volume, folder, true));
  volumes_.emplace_back(secret_volume(volume, name, may_be_absent));
  return folder;
}

json::Object Places::location(std::string_view uri, std::string_view secret_name, bool may_be_absent) {
  json::Object out{{"uri", uri}};
  const auto where = parse_store_uri(uri);
  if (const auto* pvc = where ? std::get_if<PvcUri>(&*where) : nullptr) out["path"] = below(claim(pvc->claim), pvc->path);
  if (!secret_name.empty()) out["secret"] = secret(secret_name, may_be_absent);
  return out;
}

std::string claim_of(std::string_view uri) {
  const auto where = parse_store_uri(uri);
  const auto* pvc = where ? std::get_if<PvcUri>(&*where) : nullptr;
  return pvc ? pvc->claim : std::string();
}

}  // namespace millrace::shared
