// Memory of people's words outside status (D10, D21): an annotation on the entry Service, which is always there. A wiped status obeys no
// word twice, and a pause or a rollback by a person's word outlives it. Pure.
#pragma once

#include <optional>
#include <string>

#include "inference_service/api/status.h"
#include "kube/model/workloads.h"

namespace millrace::inference_service {

inline constexpr std::string_view kMemoryAnnotation = "millrace.dev/memory";

struct Released {  // steps of this canary that a person let go on
  std::string revision{};
  std::int64_t steps = 0;
  static const json::Schema schema;
  bool operator==(const Released&) const = default;
};
struct Memory {
  std::string intent{};  // id of the last one that was dealt with
  std::optional<Released> released{};
  std::optional<PausedStatus> paused{};
  std::optional<RollbackStatus> rollback{};
  static const json::Schema schema;
  bool operator==(const Memory&) const = default;
};

Memory read_memory(const kube::Service* entry);  // empty when there is no entry, or it bears none

// What the entry should bear; "": nothing. `before` is what it bears: status forgets ids that the entry does not.
std::string memory_text(const Status& status, const Memory& before);

}  // namespace millrace::inference_service
