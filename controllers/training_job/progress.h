// How far an attempt is: reports of its pod, what they make of status, and the deadline of those who tell nothing (D14). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "shared/blame.h"
#include "training_job/draft.h"

namespace millrace::training_job {

struct Report {  // /millrace/progress.json
  std::int64_t done = 0, total = 0;
  json::StringMap metrics{};  // as decimals
  bool operator==(const Report&) const = default;
};
// Error Invalid: a sentence for who wrote the file.
core::Result<Report> parse_report(std::string_view text);

// The words in which a report reaches the planner (plan::Heard): of which attempt it is was found out by whom it was told to.
json::Value told(const Report& report, std::int64_t run, std::int64_t attempt);

// Takes the newest report into status, at most every 30 s.
void note_progress(Draft& d);

// Why an attempt that trains ends, if nothing was told for deadlines.stall; else the plan looks again when that would be so.
std::optional<shared::Cause> stalled(Draft& d, const kube::Job& job);

}  // namespace millrace::training_job
