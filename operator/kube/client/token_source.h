// TokenSource: the bearer token of the moment. A token file is read again each minute, and after the server refused the token;
// while it cannot be read the old token stays. Tokens live in memory only. Thread contract: any thread.
#pragma once

#include <mutex>
#include <string>

#include "core/time.h"

namespace millrace::kube {

class TokenSource {
 public:
  TokenSource(std::string token, std::string file) : token_(std::move(token)), file_(std::move(file)) {}
  std::string token(core::Ticks now);  // "" when there is none
  // The server answered 401 to `refused`. True when the file holds another token: worth one more try.
  bool renew(const std::string& refused, core::Ticks now);

 private:
  void read(core::Ticks now);
  std::mutex mutex_{};
  std::string token_, file_;
  bool known_ = false;
  core::Ticks read_at_{};
};

}  // namespace millrace::kube
