#include "json/pattern.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <re2/re2.h>

#include "core/check.h"

namespace millrace::json {

namespace {

const re2::RE2& compiled(std::string_view pattern) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<re2::RE2>, std::less<>> all;  // as many as the tables have patterns
  const std::lock_guard lock(mutex);
  const auto known = all.find(pattern);
  if (known != all.end()) return *known->second;
  auto made = std::make_unique<re2::RE2>(std::string(pattern), re2::RE2::Quiet);
  MILLRACE_CHECK(made->ok());
  return *all.emplace(std::string(pattern), std::move(made)).first->second;
}

}  // namespace

bool matches(std::string_view pattern, std::string_view text) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), compiled(pattern));
}

bool compiles(std::string_view pattern) { return re2::RE2(std::string(pattern), re2::RE2::Quiet).ok(); }

}  // namespace millrace::json
