#include "kube/client/token_source.h"

#include <fstream>
#include <iterator>

namespace millrace::kube {
namespace {

constexpr core::Ticks kLife{60'000};
constexpr std::size_t kLongestToken = 64 * 1024;

}  // namespace

core::Result<std::string> TokenSource::token(core::Ticks now) {
  const std::lock_guard lock(mutex_);
  if (!good_until_ || now >= *good_until_) {
    if (auto fresh = read(now); !fresh) return std::move(fresh).error();
  }
  return token_;
}

bool TokenSource::renew(const std::string& refused, core::Ticks now) {
  const std::lock_guard lock(mutex_);
  return token_ != refused || (read(now).has_value() && token_ != refused);
}

core::Result<void> TokenSource::read(core::Ticks now) {
  if (!plugin_) {
    read_file(now);
    return {};
  }
  MILLRACE_TRY(fresh, plugin_());
  token_ = std::move(fresh.token);
  good_until_ = fresh.life ? now + *fresh.life : core::Ticks::max();
  return {};
}

void TokenSource::read_file(core::Ticks now) {
  if (file_.empty()) return;
  std::ifstream file(file_, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto end = text.find_last_not_of(" \t\r\n");
  text.resize(end == std::string::npos ? 0 : end + 1);
  if (text.empty() || text.size() > kLongestToken || text.find_first_of("\r\n") != std::string::npos) return;
  token_ = std::move(text);
  good_until_ = now + kLife;
}

}  // namespace millrace::kube
