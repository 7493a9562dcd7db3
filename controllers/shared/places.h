// Places: the claims and Secrets that one container mounts, each once: /millrace/claims/<claim> and /millrace/secrets/<secret>.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "shared/store_uri.h"

namespace millrace::shared {

class Places {
 public:
  // `prefix` begins the names of the volumes, so that containers of one pod can mount the same claim in different ways.
  explicit Places(std::string_view prefix) : prefix_(prefix) {}

  // The folder where it is mounted. Secrets that may be absent leave an empty folder: one that is missing hinders nobody else.
  std::string claim(std::string_view name, bool read_only = true);
  std::string secret(std::string_view name, bool may_be_absent = false);
  // The members uri, path and secret of a task (docs/pods.md). `secret`: name of the Secret, may be empty.
  json::Object location(std::string_view uri, std::string_view secret, bool may_be_absent = false);

  const json::Array& mounts() const { return mounts_; }
  const json::Array& volumes() const { return volumes_; }

 private:
  bool is_new(const std::string& folder);
  std::string prefix_;
  std::vector<std::string> folders_{};
  json::Array mounts_{}, volumes_{};
};

// The claim that a URI names; empty: none.
std::string claim_of(std::string_view uri);

}  // namespace millrace::shared
