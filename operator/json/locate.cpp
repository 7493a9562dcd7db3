#include "json/locate.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace millrace::json {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

class Scanner {
 public:
  Scanner(std::string_view s, int max_depth) : s_(s), levels_(max_depth) {}

  Fault run() {
    if (value() && (space(), at_ < s_.size())) fail("text after the end of the document");
    return {at_, what_};
  }

 private:
  bool fail(const char* what) {
    if (what_.empty()) what_ = what;
    return false;
  }
  char peek() const { return at_ < s_.size() ? s_[at_] : '\0'; }
  bool take(char c) { return peek() == c && at_ < s_.size() && ++at_; }
  void space() {
    while (at_ < s_.size() && (s_[at_] == ' ' || s_[at_] == '\n' || s_[at_] == '\t' || s_[at_] == '\r')) ++at_;
  }

  bool value() {
    space();
    if (at_ >= s_.size()) return fail("the document ends too early");
    switch (s_[at_]) {
      case '{':
        return collection('}', true);
      case '[':
        return collection(']', false);
      case '"':
        return text();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool word(std::string_view w) {
    if (!s_.substr(at_).starts_with(w)) return fail("a value was expected");
    at_ += w.size();
    return true;
  }

  bool collection(char close, bool named) {
    if (--levels_ < 0) return fail("too many levels");
    ++at_;
    space();
    if (take(close)) return ++levels_, true;
    do {
      space();
      if (named && !member_name()) return false;
      if (!value()) return false;
      space();
    } while (take(','));
    if (!take(close)) return fail(close == '}' ? "\",\" or \"}\" was expected" : "\",\" or \"]\" was expected");
    ++levels_;
    return true;
  }

  bool member_name() {
    if (peek() != '"') return fail("a name in quotes was expected");
    if (!text()) return false;
    space();
    return take(':') || fail("\":\" was expected");
  }

  bool text() {
    for (++at_; at_ < s_.size() && s_[at_] != '"'; ++at_) {
      if (static_cast<unsigned char>(s_[at_]) < 0x20) return fail("a control byte in a text");
      if (s_[at_] == '\\' && !escape()) return fail("an unknown escape in a text");
    }
    return take('"') || fail("a text without end");
  }

  bool escape() {
    ++at_;
    if (peek() != 'u') return at_ < s_.size() && std::string_view("\"\\/bfnrt").find(s_[at_]) != std::string_view::npos;
    const std::string_view digits = s_.substr(std::min(at_ + 1, s_.size()), 4);
    if (digits.size() < 4 || !std::all_of(digits.begin(), digits.end(), is_hex)) return false;
    at_ += 4;
    return true;
  }

  bool digits() {
    if (!is_digit(peek())) return fail("a value was expected");
    while (is_digit(peek())) ++at_;
    return true;
  }

  bool number() {
    take('-');
    const std::size_t start = at_;
    if (!digits()) return false;
    if (s_[start] == '0' && at_ > start + 1) return fail("a number with a leading zero");
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('-')) take('+');
      return digits();
    }
    return true;
  }

  std::string_view s_;
  int levels_;
  std::size_t at_ = 0;
  std::string what_{};
};

}  // namespace

Fault first_fault(std::string_view bytes, int max_depth) { return Scanner(bytes, max_depth).run(); }

std::string position(std::string_view bytes, std::size_t at) {
  const std::string_view before = bytes.substr(0, at);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = lines ? before.rfind('\n') + 1 : 0;
  return "line " + std::to_string(lines + 1) + ", column " + std::to_string(at - line_start + 1);
}

static bool fits(std::string_view integer) {
  std::int64_t value = 0;
  return std::from_chars(integer.data(), integer.data() + integer.size(), value).ec == std::errc();
}

std::string with_big_integers_as_doubles(std::string_view json) {
  std::string out;
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (in_text && json[i] == '\\') {
      out += json.substr(i++, 2);
      continue;
    }
    in_text = in_text != (json[i] == '"');
    const std::size_t end = in_text ? i : json.find_first_not_of("0123456789", i + (json[i] == '-'));
    const std::string_view run = json.substr(i, end == std::string_view::npos ? end : end - i);
    if (in_text || run.size() < 19) {
      out += json[i];
      continue;
    }
    out += run;
    i += run.size() - 1;
    const char next = i + 1 < json.size() ? json[i + 1] : ' ';
    const bool fraction = out.size() > run.size() && out[out.size() - run.size() - 1] == '.';
    if (next != '.' && next != 'e' && next != 'E' && !fraction && !fits(run)) out += "e0";
  }
  return out;
}

}  // namespace millrace::json
