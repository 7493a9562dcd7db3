// Tries: Jobs of one piece of work that follow each other until one succeeds, each with its number in a label.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/blame.h"
#include "shared/progress.h"

namespace millrace::shared {

// The number in a label; 0: none.
std::int64_t number_label(const kube::ObjectMeta& meta, std::string_view label);

// The one with the highest number; nullptr: none has one.
const kube::Job* newest(const std::vector<kube::Job>& jobs, std::string_view label);

// When the work is tried again after `job`, which has ended: 1, 2, 4, 8, 15, 15 … minutes later.
core::Instant next_try(const kube::Job& job, std::string_view label, core::Instant now);

// The termination message of that container, which ended well; nullptr: none did.
const std::string* word_of(const Pods& pods, std::string_view container);

// What the pods of a Job ended by, or are hindered by.
std::optional<Cause> blame(const Pods& pods, core::Instant now);

}  // namespace millrace::shared
