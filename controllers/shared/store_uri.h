// Where bytes lie, read strictly: no empty, "." or ".." segment, no credentials, no fragment.
// pvc://<claim>/<path> · https://<host>/<path> · s3://<bucket>/<key> · gs://<bucket>/<key> ·
// hf://[datasets/]<owner>/<repo>[@<revision>][/<path>] · mlflow-artifacts:/<path> or mlflow-artifacts://<host>/<path>.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "core/result.h"

namespace millrace::shared {

struct PvcUri {
  std::string claim{}, path{};  // path is relative to the claim's root, without a leading or closing slash
  bool operator==(const PvcUri&) const = default;
};
struct RemoteUri {  // read over the network
  std::string scheme{}, uri{};
  bool operator==(const RemoteUri&) const = default;
};
using StoreUri = std::variant<PvcUri, RemoteUri>;

// Error: Invalid, a sentence that names the value and what is allowed.
core::Result<StoreUri> parse_store_uri(std::string_view uri);

// A path below a claim's root ("store", "a/b"); empty: the root itself. False: "..", "." or empty segments, absolute, over 512 bytes.
bool is_relative_path(std::string_view path);

// pvc://claim/a/b
std::string pvc_uri(std::string_view claim, std::string_view path);

// "/millrace/claims/x" and "a/b" → "/millrace/claims/x/a/b"; an empty path adds nothing.
std::string below(std::string_view folder, std::string_view path);

}  // namespace millrace::shared
