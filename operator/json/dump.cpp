// Writers: compact, canonical, pretty.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/check.h"
#include "core/text.h"
#include "json/value.h"

namespace millrace::json {

namespace {

void write_text(std::string& out, std::string_view s) {
  if (!core::is_utf8(s)) return write_text(out, core::to_utf8(s));
  static constexpr char kHex[] = "0123456789abcdef";
  const auto is_plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; };
  out += '"';
  for (auto at = s.begin(); at != s.end();) {
    const auto end = std::find_if_not(at, s.end(), is_plain);
    out.append(at, end);
    if (end == s.end()) break;
    at = end + 1;
    switch (*end) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += "\\u00";
        out += kHex[static_cast<unsigned char>(*end) >> 4];
        out += kHex[*end & 15];
    }
  }
  out += '"';
}

void write_double(std::string& out, double d) {
  MILLRACE_CHECK(std::isfinite(d));
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, d).ptr;
  const std::string_view written(text, static_cast<std::size_t>(end - text));
  out += written;
  if (written.find_first_of(".e") == std::string_view::npos) out += ".0";
}

struct Style {
  int indent = -1;  // -1: compact
  bool doubles = true;
};

void new_line(std::string& out, const Style& style, int level) {
  if (style.indent < 0) return;
  out += '\n';
  out.append(static_cast<std::size_t>(level * style.indent), ' ');
}

void write(std::string& out, const Value& v, const Style& style, int level);

template <class Items, class WriteItem>
void write_items(std::string& out, const Items& items, const char* brackets, const Style& style, int level, WriteItem write_item) {
  out += brackets[0];
  bool first = true;
  for (const auto& item : items) {
    if (!first) out += ',';
    first = false;
    new_line(out, style, level + 1);
    write_item(item);
  }
  if (!first) new_line(out, style, level);
  out += brackets[1];
}

void write(std::string& out, const Value& v, const Style& style, int level) {
  if (const Object* o = v.object()) {
    write_items(out, o->members(), "{}", style, level, [&](const Object::Member& m) {
      write_text(out, m.first);
      out += style.indent < 0 ? ":" : ": ";
      write(out, m.second, style, level + 1);
    });
  } else if (const Array* a = v.array()) {
    write_items(out, *a, "[]", style, level, [&](const Value& item) { write(out, item, style, level + 1); });
  } else if (const std::string* s = v.text()) {
    write_text(out, *s);
  } else if (const auto i = v.integer()) {
    out += std::to_string(*i);
  } else if (const auto d = v.number()) {
    MILLRACE_CHECK(style.doubles);
    write_double(out, *d);
  } else if (const auto b = v.boolean()) {
    out += *b ? "true" : "false";
  } else if (const Text* t = v.bytes()) {
    if (style.indent < 0) {
      out += t->bytes;
    } else {
      write(out, parse(t->bytes).value(), style, level);
    }
  } else {
    out += "null";
  }
}

std::string written(const Value& v, const Style& style) {
  std::string out;
  write(out, v, style, 0);
  return out;
}

}  // namespace

std::string dump(const Value& v) { return written(v, {}); }
std::string canonical(const Value& v) { return written(v, {.doubles = false}); }
std::string pretty(const Value& v) { return written(v, {.indent = 2}) + "\n"; }

}  // namespace millrace::json
