// Hashes. Identities that are stored carry their algorithm ("h1:<hex>", see json/canonical.h); fingerprints never leave the process.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::core {

std::string sha256_hex(std::string_view bytes);     // 64 lower-case hex digits
std::uint64_t fingerprint(std::string_view bytes);  // first eight bytes of sha256

}  // namespace millrace::core
