// A certificate of our own for one name: it signs itself, signs nothing else, and who is handed it trusts it alone (D14).
// Thread contract: pure functions.
#pragma once

#include <string>

#include "core/result.h"
#include "core/time.h"

namespace millrace::endpoints {

struct Certificate {
  std::string certificate{}, key{};  // PEM
  bool operator==(const Certificate&) const = default;
};

// P-256, for ten years from `now`. Error Invalid: the name is none, or OpenSSL failed.
core::Result<Certificate> make_certificate(const std::string& dns_name, core::Instant now);

// Certificate and key are a pair, bear the name and are valid at `now` and for 30 days after.
bool is_usable(const Certificate& c, const std::string& dns_name, core::Instant now);

}  // namespace millrace::endpoints
