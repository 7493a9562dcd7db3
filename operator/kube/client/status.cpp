// What an answer of the API server means: metav1.Status → StatusDetails → Error.
#include <algorithm>

#include "core/text.h"
#include "kube/client/verbs.h"

namespace millrace::kube::verbs {
namespace {

constexpr std::size_t kLongestSentence = 1024, kShownBody = 200;
constexpr std::string_view kTooLarge = "ResourceVersionTooLarge";

std::string sentence(std::string_view text) { return core::cut(core::to_utf8(text), kLongestSentence); }

bool is_too_large(const StatusDetails& d) {
  return d.has_cause(kTooLarge) || d.message.find("Too large resource version") != std::string::npos;
}

bool names_uid(const StatusDetails& d) {
  return std::any_of(d.causes.begin(), d.causes.end(), [](const Cause& c) { return c.field == "metadata.uid"; });
}

core::ErrorCode code_of(const StatusDetails& d) {
  using enum core::ErrorCode;
  switch (d.code) {
    case 401:
      return Unauthorized;
    case 403:
      return Forbidden;
    case 404:
      return NotFound;
    case 409:
      return d.reason == "AlreadyExists" ? AlreadyExists : Conflict;
    case 410:
      return Gone;
    case 413:
      return TooLarge;
    case 422:
      return names_uid(d) ? Conflict : Invalid;
    case 429:
      return TooManyRequests;
    case 504:
      return is_too_large(d) ? Gone : Unavailable;
    default:
      return d.code >= 400 && d.code < 500 && d.code != 408 ? Invalid : Unavailable;
  }
}

std::vector<Cause> causes_of(const json::Value& status) {
  const json::Value* list = status.at({"details", "causes"});
  std::vector<Cause> out;
  if (!list || !list->array()) return out;
  for (const json::Value& c : *list->array()) {
    out.push_back({.reason = c.text_at({"reason"}), .message = sentence(c.text_at({"message"})), .field = c.text_at({"field"})});
  }
  return out;
}

}  // namespace

bool StatusDetails::has_cause(std::string_view wanted) const {
  return std::any_of(causes.begin(), causes.end(), [&](const Cause& c) { return c.reason == wanted; });
}

StatusDetails status_details(const json::Value& status) {
  StatusDetails out{.reason = status.text_at({"reason"}), .message = sentence(status.text_at({"message"})), .causes = causes_of(status)};
  if (const auto* code = status.at({"code"}); code && code->integer()) out.code = static_cast<int>(*code->integer());
  if (const auto* wait = status.at({"details", "retryAfterSeconds"}); wait && wait->integer())
    out.retry_after = std::chrono::seconds(*wait->integer());
  return out;
}

StatusDetails status_details(const Response& response) {
  StatusDetails out;
  const auto body = json::parse(response.body);
  if (body && body->text_at({"kind"}) == "Status") out = status_details(*body);
  out.code = response.status;
  if (out.message.empty()) {
    out.message = "The API server answered " + std::to_string(response.status);
    if (!response.body.empty()) out.message += ": " + core::one_token(response.body, kShownBody);
  }
  if (response.retry_after) out.retry_after = response.retry_after;
  return out;
}

core::Error error_of(const StatusDetails& details) { return {.code = code_of(details), .message = details.message}; }
core::Error error_of(const Response& response) { return error_of(status_details(response)); }

bool is_ownership_conflict(const StatusDetails& details) { return details.code == 409 && details.has_cause("FieldManagerConflict"); }

}  // namespace millrace::kube::verbs
