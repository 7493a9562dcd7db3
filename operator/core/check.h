// CHECK: a broken promise of our own code throws Bug, in every build. The pass of one object contains it, counts it and
// shows it as InternalError, so that one poison object never stops the others.
#pragma once

#include <stdexcept>
#include <string>

namespace millrace::core {

class Bug : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void fail_check(const char* condition, const char* file, int line);

}  // namespace millrace::core

#define MILLRACE_CHECK(condition) ((condition) ? void() : ::millrace::core::fail_check(#condition, __FILE__, __LINE__))
