#include "shared/store_uri.h"

#include <algorithm>

#include "core/text.h"

namespace millrace::shared {
namespace {

constexpr std::string_view kPvc = "pvc://", kHttps = "https://";
constexpr std::size_t kLongestPath = 512, kLongestName = 253;

bool is_lower_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_object_name(std::string_view s) {
  if (s.empty() || s.size() > kLongestName || !is_lower_alphanumeric(s.front()) || !is_lower_alphanumeric(s.back())) return false;
  return std::all_of(s.begin(), s.end(), [](char c) { return is_lower_alphanumeric(c) || c == '-' || c == '.'; });
}

bool is_plain(std::string_view s) {
  return std::none_of(s.begin(), s.end(), [](unsigned char c) { return c <= 0x20 || c == 0x7f; });
}

core::Error refused(std::string_view uri, std::string_view why) {
  return {core::ErrorCode::Invalid,
          "\"" + core::cut(uri, 200) + "\" " + std::string(why) + "; allowed: pvc://<claim>/<path> and https://<host>/<path>"};
}

core::Result<StoreUri> parse_pvc(std::string_view uri) {
  const std::string_view rest = uri.substr(kPvc.size());
  const auto slash = rest.find('/');
  if (!is_object_name(rest.substr(0, slash))) return refused(uri, "names no claim");
  const std::string_view path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  if (path.empty()) return refused(uri, "names no path in the claim");
  if (!is_relative_path(path)) return refused(uri, "has an empty segment, or \".\" or \"..\" in its path");
  return StoreUri(PvcUri{std::string(rest.substr(0, slash)), std::string(path)});
}

core::Result<StoreUri> parse_https(std::string_view uri) {
  const std::string_view rest = uri.substr(kHttps.size());
  const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
  if (host.empty()) return refused(uri, "names no host");
  if (host.find('@') != std::string_view::npos) return refused(uri, "holds credentials (use secretName)");
  if (rest.find('#') != std::string_view::npos) return refused(uri, "has a fragment");
  if (!is_plain(rest)) return refused(uri, "has white space or control characters");
  return StoreUri(HttpsUri{std::string(uri)});
}

}  // namespace

bool is_relative_path(std::string_view path) {
  if (path.empty()) return true;
  if (path.size() > kLongestPath || !core::is_utf8(path)) return false;
  if (std::any_of(path.begin(), path.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; })) return false;
  for (const std::string_view part : core::split(path, '/')) {
    if (part.empty() || part == "." || part == "..") return false;
  }
  return true;
}

core::Result<StoreUri> parse_store_uri(std::string_view uri) {
  if (uri.starts_with(kPvc)) return parse_pvc(uri);
  if (uri.starts_with(kHttps)) return parse_https(uri);
  return refused(uri, "has no known scheme");
}

std::string pvc_uri(std::string_view claim, std::string_view path) {
  return std::string(kPvc) + std::string(claim) + "/" + std::string(path);
}

std::string below(std::string_view folder, std::string_view path) {
  return path.empty() ? std::string(folder) : std::string(folder) + "/" + std::string(path);
}

}  // namespace millrace::shared
