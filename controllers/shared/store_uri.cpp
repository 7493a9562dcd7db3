#include "shared/store_uri.h"

#include <algorithm>

#include "core/text.h"

namespace millrace::shared {
namespace {

constexpr std::string_view kPvc = "pvc://";
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
  return {core::ErrorCode::Invalid, "\"" + core::cut(uri, 200) + "\" " + std::string(why) +
                                        "; allowed: pvc://<claim>/<path>, https://<host>/<path>, s3://<bucket>/<key>, gs://<bucket>/<key>, "
                                        "hf://<owner>/<repository>, mlflow-artifacts:/<path>"};
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

// What every URI of the network obeys; `rest` is what follows the scheme.
std::string_view wrong_with(std::string_view rest) {
  if (rest.find('#') != std::string_view::npos) return "has a fragment";
  if (!is_plain(rest)) return "has white space or control characters";
  return {};
}

std::string_view wrong_host(std::string_view rest) {
  const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
  if (host.empty()) return "names no host";
  return host.find('@') == std::string_view::npos ? std::string_view() : "holds credentials (use secretName)";
}

std::string_view wrong_bucket(std::string_view rest) {
  const auto slash = rest.find('/');
  if (!is_object_name(rest.substr(0, slash))) return "names no bucket";
  if (slash == std::string_view::npos || slash + 1 == rest.size()) return "names no key in the bucket";
  std::string_view key = rest.substr(slash + 1);
  if (key.ends_with('/')) key.remove_suffix(1);  // a prefix may be written as a folder
  return is_relative_path(key) ? std::string_view() : "has an empty segment, or \".\" or \"..\" in its key";
}

std::string_view wrong_repository(std::string_view rest) {
  if (rest.starts_with("datasets/")) rest.remove_prefix(9);
  const auto slash = rest.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == rest.size()) return "names no owner and repository";
  return is_relative_path(rest) ? std::string_view() : "has an empty segment, or \".\" or \"..\" in its path";
}

std::string_view wrong_artifact(std::string_view rest) {
  if (rest.starts_with("//")) {
    if (const auto wrong = wrong_host(rest.substr(2)); !wrong.empty()) return wrong;
    rest = rest.substr(std::min(rest.size(), rest.find('/', 2)));
  }
  if (rest.size() < 2 || rest.front() != '/') return "names no path";
  return is_relative_path(rest.substr(1)) ? std::string_view() : "has an empty segment, or \".\" or \"..\" in its path";
}

struct Scheme {
  std::string_view head;
  std::string_view (*wrong)(std::string_view rest);
};
constexpr Scheme kRemote[] = {{"https://", wrong_host},
                              {"s3://", wrong_bucket},
                              {"gs://", wrong_bucket},
                              {"hf://", wrong_repository},
                              {"mlflow-artifacts:", wrong_artifact}};

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
  for (const Scheme& scheme : kRemote) {
    if (!uri.starts_with(scheme.head)) continue;
    const std::string_view rest = uri.substr(scheme.head.size());
    for (const std::string_view wrong : {wrong_with(rest), scheme.wrong(rest)}) {
      if (!wrong.empty()) return refused(uri, wrong);
    }
    return StoreUri(RemoteUri{std::string(uri.substr(0, uri.find(':'))), std::string(uri)});
  }
  return refused(uri, "has no known scheme");
}

std::string pvc_uri(std::string_view claim, std::string_view path) {
  return std::string(kPvc) + std::string(claim) + "/" + std::string(path);
}

std::string below(std::string_view folder, std::string_view path) {
  return path.empty() ? std::string(folder) : std::string(folder) + "/" + std::string(path);
}

}  // namespace millrace::shared
