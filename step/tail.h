#pragma once

#include "step/text.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace millrace::step {

/// The last 1,024 bytes of a stream.
class Tail {
 public:
  static constexpr std::size_t kBytes = 1024;

  void add(std::string_view bytes);
  std::string_view view() const { return {bytes_.data(), size_}; }
  bool cut() const { return cut_; }

 private:
  std::array<char, kBytes> bytes_{};
  std::size_t size_ = 0;
  bool cut_ = false;
};

/// The inside of a JSON string (RFC 8259) for the end of `tail`: valid UTF-8, bytes that are none become U+FFFD,
/// control characters are escaped. At most `room` bytes, taken from the end, whole characters only.
Text<2048> escaped_end(const Tail& tail, std::size_t room);

}  // namespace millrace::step
