// Result: a value or an Error. Errors are values; only parsers and the transport know exceptions, and they stop there.
// Error::code is what callers branch on, Error::message is one sentence for people (the server's own words where it spoke).
// Thread contract: plain values.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace millrace::core {

enum class ErrorCode {
  NotFound,         // 404
  AlreadyExists,    // 409 of a create
  Conflict,         // 409 of an update, 422 whose cause is metadata.uid: another object or version, look again
  Gone,             // 410: the resourceVersion is too old
  TooManyRequests,  // 429
  Unavailable,      // 5xx and transport failures: the outcome is unknown
  Invalid,          // 400, 422, and input of ours that does not parse
  Forbidden,        // 403
  Unauthorized,     // 401
  Cancelled,        // stopped by us
  Fenced,           // the lease does not allow a write now
  TooLarge,         // over a limit of ours
};

struct Error {
  ErrorCode code = ErrorCode::Unavailable;
  std::string message{};
  bool operator==(const Error&) const = default;
};

const char* to_text(ErrorCode code);

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  Result(Error e) : tl::expected<T, Error>(tl::unexpect, std::move(e)) {}
};

}  // namespace millrace::core

// Gives `name` the value of `expr`, or returns its error from the enclosing function.
#define MILLRACE_TRY(name, expr)                               \
  auto name##_result = (expr);                                 \
  if (!name##_result) return std::move(name##_result).error(); \
  auto& name = *name##_result
