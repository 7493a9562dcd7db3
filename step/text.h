#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace millrace::step {

/// Text of at most N bytes that lives on the stack and always ends with a zero byte. What does not fit is cut; `cut()`
/// tells. The program has no std::string, since that would link the exception machinery and the locale with it.
template <std::size_t N>
class Text {
 public:
  Text() = default;
  explicit Text(std::string_view start) { *this << start; }

  Text& operator<<(std::string_view part) {
    const std::size_t fits = std::min(part.size(), N - size_);
    std::memcpy(bytes_.data() + size_, part.data(), fits);
    size_ += fits;
    bytes_[size_] = '\0';
    cut_ = cut_ || fits < part.size();
    return *this;
  }

  Text& operator<<(long number) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return *this << std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
  }

  const char* c_str() const { return bytes_.data(); }
  std::string_view view() const { return {bytes_.data(), size_}; }
  std::size_t room() const { return N - size_; }
  bool cut() const { return cut_; }

 private:
  std::array<char, N + 1> bytes_{};
  std::size_t size_ = 0;
  bool cut_ = false;
};

/// A path, as long as Linux takes one.
using Path = Text<4095>;

}  // namespace millrace::step
