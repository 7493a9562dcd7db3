#include "kube/client/token_source.h"

#include <fstream>
#include <iterator>

namespace millrace::kube {
namespace {

constexpr core::Ticks kLife{60'000};
constexpr std::size_t kLongestToken = 64 * 1024;

}  // namespace

std::string TokenSource::token(core::Ticks now) {
  const std::lock_guard lock(mutex_);
  if (!known_ || now - read_at_ >= kLife) read(now);
  return token_;
}

bool TokenSource::renew(const std::string& refused, core::Ticks now) {
  const std::lock_guard lock(mutex_);
  if (token_ == refused) read(now);
  return token_ != refused;
}

void TokenSource::read(core::Ticks now) {
  if (file_.empty()) return;
  std::ifstream file(file_, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto end = text.find_last_not_of(" \t\r\n");
  text.resize(end == std::string::npos ? 0 : end + 1);
  if (text.empty() || text.size() > kLongestToken || text.find_first_of("\r\n") != std::string::npos) return;
  token_ = std::move(text);
  known_ = true;
  read_at_ = now;
}

}  // namespace millrace::kube
