#include "json/raw.h"

#include <cstddef>

namespace millrace::json {
namespace {

bool space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

class Scanner {
 public:
  explicit Scanner(std::string_view bytes) : bytes_(bytes) {}

  bool take(char c) {
    skip_space();
    if (at_ >= bytes_.size() || bytes_[at_] != c) return false;
    ++at_;
    return true;
  }
  // The bytes of one value; empty when there is none.
  std::string_view value() {
    skip_space();
    const std::size_t from = at_;
    if (at_ >= bytes_.size()) return {};
    if (bytes_[at_] == '"') {
      string();
    } else if (bytes_[at_] == '{' || bytes_[at_] == '[') {
      nested();
    } else {
      while (at_ < bytes_.size() && !space(bytes_[at_]) && bytes_[at_] != ',' && bytes_[at_] != '}' && bytes_[at_] != ']') ++at_;
    }
    return bytes_.substr(from, at_ - from);
  }

 private:
  void skip_space() {
    while (at_ < bytes_.size() && space(bytes_[at_])) ++at_;
  }
  // Most bytes of a document lie in strings: they are skipped from quote to quote.
  void string() {
    for (std::size_t from = at_ + 1;;) {
      const std::size_t quote = bytes_.find('"', from);
      if (quote == std::string_view::npos) {
        at_ = bytes_.size();
        return;
      }
      std::size_t escapes = quote;
      while (escapes > from && bytes_[escapes - 1] == '\\') --escapes;
      from = quote + 1;
      if ((quote - escapes) % 2 != 0) continue;
      at_ = from;
      return;
    }
  }
  void nested() {
    int depth = 0;
    while (at_ < bytes_.size()) {
      switch (bytes_[at_]) {
        case '"':
          string();
          continue;
        case '{':
        case '[':
          ++depth;
          break;
        case '}':
        case ']':
          --depth;
          break;
        default:
          break;
      }
      ++at_;
      if (depth == 0) return;
    }
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace

void raw_members(std::string_view object, const std::function<bool(std::string_view, std::string_view)>& use) {
  Scanner in(object);
  if (!in.take('{')) return;
  do {
    const std::string_view key = in.value();
    if (key.size() < 2 || !in.take(':')) return;
    if (!use(raw_text(key), in.value())) return;
  } while (in.take(','));
}

std::string_view raw_member(std::string_view object, std::string_view name) {
  std::string_view found;
  raw_members(object, [&](std::string_view key, std::string_view value) {
    if (key == name) found = value;
    return key != name;
  });
  return found;
}

std::optional<std::vector<std::string_view>> raw_items(std::string_view array) {
  Scanner in(array);
  if (!in.take('[')) return std::nullopt;
  std::vector<std::string_view> out;
  if (in.take(']')) return out;
  do {
    const std::string_view item = in.value();
    if (item.empty()) return std::nullopt;
    out.push_back(item);
  } while (in.take(','));
  if (!in.take(']')) return std::nullopt;
  return out;
}

std::string_view raw_text(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return {};
  return value.substr(1, value.size() - 2);
}

}  // namespace millrace::json
