// Base64 (RFC 4648), as Secrets and kubeconfig files hold bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace millrace::core {

std::optional<std::string> base64_decoded(std::string text);  // line ends and spaces do not count; nullopt: empty, or it is none
std::string base64_encoded(std::string_view bytes);           // in one line

}  // namespace millrace::core
