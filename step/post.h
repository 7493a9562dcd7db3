#pragma once

#include "step/text.h"

#include <string_view>

namespace millrace::step {

/// Where reports go: an address that needs no look-up, and the name that its certificate must bear.
struct Endpoint {
  std::string_view url;  ///< https://NAME/PATH
  std::string_view at;   ///< ADDRESS:PORT, [ADDRESS]:PORT
  const char* ca;        ///< PEM: the certificate that is trusted, and no other
};

bool is_endpoint(std::string_view url, std::string_view at);

struct Answer {
  int status = 0;  ///< of HTTP; 0: there was none
  Text<200> said;  ///< first line of its body, or what went wrong on the way
};

/// POSTs a JSON text over TLS within five seconds, whatever the other side does.
Answer post(const Endpoint& to, std::string_view token, std::string_view body);

}  // namespace millrace::step
