// Documents to YAML that every reader understands alike: a text stands bare only when it is plainly a word.
#include "json/value.h"
#include "json/yaml_scalar.h"

#include <algorithm>

namespace millrace::json {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_word(const std::string& s) {
  if (s.empty() || s.size() > 200 || !is_letter(s[0]) || !plain_scalar(s).text()) return false;
  for (const char c : s) {
    if (!is_letter(c) && !(c >= '0' && c <= '9') && std::string_view("-_/.").find(c) == std::string_view::npos) return false;
  }
  return true;
}

// What YAML calls not printable and JSON lets stand: DEL, C1 controls, line separators, byte order marks.
std::string_view not_printable(std::string_view s) {
  const auto byte = [&](std::size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0; };
  if (byte(0) == 0x7F) return s.substr(0, 1);
  if (byte(0) == 0xC2 && byte(1) < 0xA0) return s.substr(0, 2);
  if (byte(0) == 0xE2 && byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9)) return s.substr(0, 3);
  if (byte(0) == 0xEF && byte(1) == 0xBB && byte(2) == 0xBF) return s.substr(0, 3);
  if (byte(0) == 0xEF && byte(1) == 0xBF && byte(2) >= 0xBE) return s.substr(0, 3);
  return {};
}

std::string escape(std::string_view c) {
  std::uint32_t value = static_cast<unsigned char>(c[0]) & (c.size() == 1 ? 0x7F : c.size() == 2 ? 0x1F : 0x0F);
  for (const char more : c.substr(1)) value = value << 6 | (static_cast<unsigned char>(more) & 0x3F);
  static constexpr char kHex[] = "0123456789abcdef";
  return {'\\', 'u', kHex[value >> 12 & 15], kHex[value >> 8 & 15], kHex[value >> 4 & 15], kHex[value & 15]};
}

std::string quoted(const std::string& s) {
  const std::string json = dump(s);
  std::string out;
  for (std::string_view rest = json; !rest.empty();) {
    const std::string_view hidden = not_printable(rest);
    out += hidden.empty() ? std::string(rest.substr(0, 1)) : escape(hidden);
    rest.remove_prefix(std::max<std::size_t>(hidden.size(), 1));
  }
  return out;
}

std::string scalar(const Value& v) {
  const std::string* s = v.text();
  if (!s) return dump(v);
  return is_word(*s) ? *s : quoted(*s);
}

bool is_leaf(const Value& v) { return !(v.object() && !v.object()->empty()) && !(v.array() && !v.array()->empty()); }

void write(std::string& out, const Value& v, int indent);

// YAML lets a name of at most 1,024 characters stand before its colon; a longer one has a line of its own.
constexpr std::size_t kLongestName = 1000;

void write_member(std::string& out, const Object::Member& m, int indent) {
  const std::string name = scalar(m.first);
  const bool apart = name.size() > kLongestName;
  out += apart ? "? " + name + "\n" + std::string(static_cast<std::size_t>(indent), ' ') + ":" : name + ":";
  if (is_leaf(m.second)) {
    out += " " + scalar(m.second) + "\n";
  } else {
    out += "\n";
    write(out, m.second, m.second.array() && !apart ? indent : indent + 2);
  }
}

void write(std::string& out, const Value& v, int indent) {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  if (const Object* o = v.object()) {
    for (const auto& m : o->members()) {
      out += margin;
      write_member(out, m, indent);
    }
    return;
  }
  for (const Value& item : *v.array()) {
    if (is_leaf(item)) {
      out += margin + "- " + scalar(item) + "\n";
      continue;
    }
    std::string inner;
    write(inner, item, indent + 2);
    inner.replace(static_cast<std::size_t>(indent), 2, "- ");
    out += inner;
  }
}

}  // namespace

std::string to_yaml(const Value& v) {
  if (is_leaf(v)) return scalar(v) + "\n";
  std::string out;
  write(out, v, 0);
  return out;
}

}  // namespace millrace::json
