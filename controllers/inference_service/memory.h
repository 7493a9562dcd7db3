// Memory outside status (D10, D21). Of people's words: an annotation on the entry Service, which is always there. A wiped status obeys no
// word twice, and a pause or a rollback by a person's word outlives it. Of the rollout: an annotation on the revision that is on its way
// in or in its bake. A wiped status goes on by the steps and rules with which it began, whatever the spec says by now. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "inference_service/api/status.h"
#include "kube/model/workloads.h"

namespace millrace::inference_service {

inline constexpr std::string_view kMemoryAnnotation = "millrace.dev/memory";
inline constexpr std::string_view kCourseAnnotation = "millrace.dev/rollout";

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

struct Course {  // of one revision's rollout
  std::int64_t step = 0;
  std::vector<Step> steps{};  // none: it has taken over and bakes
  std::optional<Analysis> rules{};
  static const json::Schema schema;
  bool operator==(const Course&) const = default;
};

Memory read_memory(const kube::Service* entry);  // empty when there is no entry, or it bears none

// What the entry should bear; "": nothing. `before` is what it bears: status forgets ids that the entry does not.
std::string memory_text(const Status& status, const Memory& before);

// nullopt: it bears none that can be followed.
std::optional<Course> read_course(const kube::ControllerRevision& frozen);

// What this revision should bear; "": nothing.
std::string course_text(const Status& status, std::string_view revision);

}  // namespace millrace::inference_service
