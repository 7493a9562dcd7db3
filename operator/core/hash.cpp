#include "core/hash.h"

#include <array>

#include <openssl/sha.h>

namespace millrace::core {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

static Digest sha256(std::string_view bytes) {
  Digest out{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), out.data());
  return out;
}

std::string sha256_hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(2 * SHA256_DIGEST_LENGTH);
  for (const unsigned char b : sha256(bytes)) {
    out += kDigits[b >> 4];
    out += kDigits[b & 15];
  }
  return out;
}

std::uint64_t fingerprint(std::string_view bytes) {
  const Digest digest = sha256(bytes);
  std::uint64_t out = 0;
  for (int i = 0; i < 8; ++i) out = out << 8 | digest[i];
  return out;
}

}  // namespace millrace::core
