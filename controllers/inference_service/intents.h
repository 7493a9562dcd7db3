// Intents: what people ask of a rollout, in one annotation that the last writer wins (D10):
//   millrace.dev/intent: "<verb> [<version>] [step=<n>] id=<token> at=<RFC 3339> by=<user>"
// Each is dealt with once, by its id; status.intents is the acknowledgement. Steps are counted from 1, as `kubectl get` shows them; pause
// and resume need no version. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/time.h"
#include "inference_service/api/status.h"

namespace millrace::inference_service {

inline constexpr std::string_view kIntentAnnotation = "millrace.dev/intent";
inline constexpr auto kIntentLife = std::chrono::hours(1);  // one older than this is Expired
inline constexpr std::size_t kIntentsKept = 10;

enum class Verb { Promote, PromoteFull, Abort, Retry, Rollback, Pause, Resume };

struct Intent {
  Verb verb = Verb::Promote;
  std::string word{};  // the verb as written
  std::string version{}, id{}, by{};
  std::int64_t step = 0;  // 0: none named
  core::Instant at{};
  std::string wrong{};  // why it cannot be read; the rest is what could be
  bool operator==(const Intent&) const = default;
};

struct Outcome {  // what became of a word; Refused when it is not done
  bool done = true;
  std::string message{};
};

// nullopt: there is nothing to read. An unreadable one has an id too, made from its bytes.
std::optional<Intent> parse_intent(std::string_view annotation);

}  // namespace millrace::inference_service
