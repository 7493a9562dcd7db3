// FewValues: bounds a label whose values others choose. The first `most` are told apart, all later ones are "other".
// Thread contract: of() from any thread.
#pragma once

#include <mutex>
#include <set>
#include <string>

namespace millrace::telemetry {

class FewValues {
 public:
  explicit FewValues(std::size_t most) : most_(most) {}
  std::string of(std::string value) {
    const std::lock_guard lock(mutex_);
    if (!seen_.contains(value) && seen_.size() >= most_) return "other";
    seen_.insert(value);
    return value;
  }

 private:
  const std::size_t most_;
  std::mutex mutex_{};
  std::set<std::string> seen_{};
};

}  // namespace millrace::telemetry
