// TokenSource: the bearer token of the moment: a text, a file that is read again each minute, or a plugin that is run when its token has
// expired; the latter two also after the server refused the token. While the file cannot be read the old token stays.
// Tokens live in memory only. Thread contract: any thread; a plugin that runs holds up all who want a token.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "core/result.h"
#include "core/time.h"

namespace millrace::kube {

struct FreshToken {
  std::string token{};
  std::optional<core::Duration> life{};  // none: until it is refused
};

class TokenSource {
 public:
  using Plugin = std::function<core::Result<FreshToken>()>;
  TokenSource(std::string token, std::string file, Plugin plugin = nullptr)
      : token_(std::move(token)), file_(std::move(file)), plugin_(std::move(plugin)) {}
  core::Result<std::string> token(core::Ticks now);  // "" when there is none; the plugin's error when it gives none
  // The server answered 401 to `refused`. True when there is another token now: worth one more try.
  bool renew(const std::string& refused, core::Ticks now);

 private:
  core::Result<void> read(core::Ticks now);
  void read_file(core::Ticks now);
  std::mutex mutex_{};
  std::string token_, file_;
  Plugin plugin_;
  std::optional<core::Ticks> good_until_{};  // none: it is not known yet
};

}  // namespace millrace::kube
