#include "core/result.h"

namespace millrace::core {

const char* to_text(ErrorCode code) {
  switch (code) {
    case ErrorCode::NotFound:
      return "NotFound";
    case ErrorCode::AlreadyExists:
      return "AlreadyExists";
    case ErrorCode::Conflict:
      return "Conflict";
    case ErrorCode::Gone:
      return "Gone";
    case ErrorCode::TooManyRequests:
      return "TooManyRequests";
    case ErrorCode::Unavailable:
      return "Unavailable";
    case ErrorCode::Invalid:
      return "Invalid";
    case ErrorCode::Forbidden:
      return "Forbidden";
    case ErrorCode::Unauthorized:
      return "Unauthorized";
    case ErrorCode::Cancelled:
      return "Cancelled";
    case ErrorCode::Fenced:
      return "Fenced";
    case ErrorCode::TooLarge:
      return "TooLarge";
  }
  return "Unknown";
}

}  // namespace millrace::core
