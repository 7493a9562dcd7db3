#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace millrace::step {

inline constexpr std::size_t kMaxShares = 16;
inline constexpr std::size_t kMaxAfter = 16;

enum class Access { Read, Remove };  ///< what others may do with a tree: read it; and remove what it holds

struct Share {
  const char* folder = nullptr;
  Access access = Access::Read;
};

enum class Verb { Install, Run, Follow };

/// The command line, as views into argv.
struct Options {
  Verb verb = Verb::Run;
  std::string_view name;
  const char* state = "/millrace/state";
  const char* install_into = nullptr;
  std::array<Share, kMaxShares> shares{};
  std::size_t share_count = 0;
  const char* checkpoint = nullptr;
  const char* report = nullptr;     ///< https://NAME/PATH that hears of progress
  const char* report_at = nullptr;  ///< its ADDRESS:PORT
  std::array<std::string_view, kMaxAfter> after{};
  std::size_t after_count = 0;
  char** command = nullptr;  ///< ends with a null pointer, as argv does
};

/// Reads the command line. Returns nullptr, or one sentence that tells what is wrong with it.
const char* parse(std::span<char*> arguments, Options& into);

}  // namespace millrace::step
