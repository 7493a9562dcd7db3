#include "step/tail.h"

#include <cstdint>
#include <cstring>

namespace millrace::step {
namespace {

struct Character {
  std::uint32_t code = 0xFFFD;
  std::size_t length = 1;
  bool valid = false;
};

std::size_t length_by_lead(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

bool allowed(std::uint32_t code, std::size_t length) {
  if (length == 3) return code >= 0x800 && (code < 0xD800 || code > 0xDFFF);
  if (length == 4) return code >= 0x10000 && code <= 0x10FFFF;
  return true;
}

// RFC 3629: no overlong forms, no surrogates. An invalid byte counts as one character.
Character first_of(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = length_by_lead(lead);
  if (length == 0 || length > text.size()) return {};
  std::uint32_t code = length == 1 ? lead : lead & (0x7F >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return {};
    code = (code << 6) | (next & 0x3F);
  }
  if (!allowed(code, length)) return {};
  return {.code = code, .length = length, .valid = true};
}

Text<8> as_json(const Character& character, std::string_view raw) {
  constexpr std::string_view kHex = "0123456789abcdef";
  if (!character.valid) return Text<8>("\xEF\xBF\xBD");
  switch (character.code) {
    case '"':
      return Text<8>("\\\"");
    case '\\':
      return Text<8>("\\\\");
    case '\n':
      return Text<8>("\\n");
    case '\r':
      return Text<8>("\\r");
    case '\t':
      return Text<8>("\\t");
    default:
      break;
  }
  const bool control = character.code < 0x20 || (character.code >= 0x7F && character.code < 0xA0);
  if (!control) return Text<8>(raw.substr(0, character.length));
  Text<8> escaped("\\u00");
  escaped << kHex.substr(character.code >> 4, 1) << kHex.substr(character.code & 15, 1);
  return escaped;
}

// Where the text was cut inside a character, the rest of that character says nothing.
std::string_view without_torn_start(const Tail& tail) {
  std::string_view text = tail.view();
  for (int i = 0; i < 3 && tail.cut() && !text.empty() && (static_cast<unsigned char>(text[0]) & 0xC0) == 0x80; ++i) text.remove_prefix(1);
  return text;
}

}  // namespace

void Tail::add(std::string_view bytes) {
  if (bytes.size() > kBytes) {
    bytes.remove_prefix(bytes.size() - kBytes);
    cut_ = true;
  }
  const std::size_t keep = std::min(size_, kBytes - bytes.size());
  cut_ = cut_ || keep < size_;
  std::memmove(bytes_.data(), bytes_.data() + (size_ - keep), keep);
  std::memcpy(bytes_.data() + keep, bytes.data(), bytes.size());
  size_ = keep + bytes.size();
}

Text<2048> escaped_end(const Tail& tail, std::size_t room) {
  const std::string_view text = without_torn_start(tail);
  std::size_t total = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const Character character = first_of(rest);
    total += as_json(character, rest).view().size();
    rest.remove_prefix(character.length);
  }
  Text<2048> out;
  for (std::string_view rest = text; !rest.empty();) {
    const Character character = first_of(rest);
    const Text<8> piece = as_json(character, rest);
    if (total <= room)
      out << piece.view();
    else
      total -= piece.view().size();
    rest.remove_prefix(character.length);
  }
  return out;
}

}  // namespace millrace::step
